import { type AbstractValue, isScalar, join, made, nameOf, pathOf, placed } from './abstract-value.ts'
import type { Findings, State, Summary } from './findings.ts'
import type { Block, Operand, Plan, Step } from './plan.ts'
import type { ReadNode, Reads } from './read-node.ts'

type StepOf<K extends Step['kind']> = Extract<Step, { readonly kind: K }>

/** Walks blocks once, those of a function with its summary. It is to be repeated until `reads` has grown no more. */
export type Interpret = (blocks: readonly Block[], locals: State, self?: Summary) => void

/**
 * The abstract interpreter of a plan: follows places of the documents through locals, and records in `reads` every place
 * whose existence, value or whole content may decide anything. Whatever it does not know to read less reads everything.
 */
export function createInterpreter(plan: Plan, reads: Reads, findings: Findings): Interpret {
  /** Where a constant list was made: what is appended in the same walk through the same block surely is in it. */
  const origins = new WeakMap<readonly string[], { readonly step: Step; readonly walk: State }>()

  const whole = (value: AbstractValue | undefined): void => value?.nodes.forEach(reads.whole)

  function compare(a: AbstractValue | undefined, b: AbstractValue | undefined): void {
    if (!a || !b) return
    const mark = marksFor(a, b)
    for (const { nodes } of [a, b]) nodes.forEach(mark)
  }

  /** What of values is read by comparing them. A list or an object equals no scalar, whatever is in it. */
  function marksFor(a: AbstractValue, b: AbstractValue): (node: ReadNode) => void {
    if (a.constant?.kind === 'boolean' || b.constant?.kind === 'boolean') return reads.boolean
    return isScalar(a) || isScalar(b) ? reads.value : reads.whole
  }

  /** Walks through one block; `log` takes everything that is assigned in it and below. */
  function walk(block: Block, state: State, log: State, self: Summary | undefined): void {
    const valueOf = (operand: Operand): AbstractValue | undefined => {
      if (operand.kind === 'local') return state.get(operand.local)
      return made(operand.kind === 'text' ? { kind: 'text', text: operand.text } : { kind: 'boolean' })
    }
    const wholes = (operands: readonly Operand[]): void => {
      for (const operand of operands) whole(valueOf(operand))
    }

    function assign(local: number, value: AbstractValue | undefined): void {
      if (value === undefined) return void state.delete(local)
      state.set(local, value)
      log.set(local, join(log.get(local), value))
    }

    /** A block that may end anywhere: afterwards a local is what it was, or whatever was assigned to it within. */
    function nest(inner: Block, enter: (state: State) => void = () => undefined): State {
      const innerState = new Map(state)
      const innerLog: State = new Map()
      enter(innerState)
      walk(inner, innerState, innerLog, self)
      for (const [local, value] of innerLog) {
        state.set(local, join(state.get(local), value))
        log.set(local, join(log.get(local), value))
      }
      return innerLog
    }

    function make(step: StepOf<'make'>): void {
      const { of, digits, target } = step
      if (of === 'scalar') return assign(target, made(digits === undefined ? { kind: of } : { kind: 'number', digits }))
      if (of === 'other' || findings.varies(step)) return assign(target, made())
      const items: string[] = []
      origins.set(items, { step, walk: log })
      assign(target, made({ kind: 'list', items }))
    }

    function append({ list, value }: StepOf<'append'>): void {
      const [into, item] = [state.get(list), valueOf(value)]
      whole(into)
      whole(item)
      const constant = into?.constant
      const origin = constant?.kind === 'list' ? origins.get(constant.items) : undefined
      if (constant?.kind !== 'list' || !origin) return
      if (origin.walk === log && item?.constant?.kind === 'text') constant.items.push(item.constant.text)
      else findings.setVaries(origin.step)
    }

    function assignOnce({ source, target }: StepOf<'assign-once'>): void {
      const [before, value] = [state.get(target), valueOf(source)]
      compare(before, value)
      if (value) assign(target, join(before, value))
    }

    function dot({ source, key, target }: StepOf<'dot'>): void {
      const [from, by] = [valueOf(source), valueOf(key)]
      if (!from || !by) return assign(target, undefined)
      const name = nameOf(by)
      if (name === undefined) whole(by)
      assign(
        target,
        placed([...from.nodes].map((node) => (name === undefined ? reads.each(node) : reads.member(node, name)))),
      )
    }

    function scan(step: StepOf<'scan'>): void {
      const from = valueOf(step.source)
      if (!from) return
      const assigned = nest(step.block, (inner) => {
        for (const [local, value] of findings.turnsOf(step)) inner.set(local, join(inner.get(local), value))
        inner.set(step.key, made())
        inner.set(step.value, placed([...from.nodes].map(reads.each)))
      })
      findings.turned(step, assigned)
    }

    function length({ source, target }: StepOf<'length'>): void {
      const value = valueOf(source)
      value?.nodes.forEach(reads.value) // of a text
      value?.nodes.forEach(reads.each)
      assign(target, made())
    }

    function call({ name, args, result }: StepOf<'call'>): void {
      const planned = plan.functions.get(name)
      if (planned) return assign(result, findings.call(name, planned, args.map(valueOf)))
      findings.builtins.add(name)
      const [from, by, otherwise] = args.map(valueOf)
      const path = name === 'object.get' ? pathOf(by) : undefined
      if (!path || !from) {
        wholes(args)
        return assign(result, made())
      }
      let found: readonly ReadNode[] = [...from.nodes]
      for (const part of path) found = found.map((node) => reads.member(node, part))
      assign(result, join(otherwise, placed(found)))
    }

    function callDynamic({ path, args, result }: StepOf<'call-dynamic'>): void {
      wholes(path)
      const wanted = path.map(valueOf).map((value) => value && nameOf(value))
      const given = args.map(valueOf)
      let returned: AbstractValue | undefined
      for (const [name, planned] of plan.functions) {
        if (planned.path?.length !== wanted.length) continue
        if (!planned.path.every((part, i) => wanted[i] === undefined || wanted[i] === part)) continue
        const value = findings.call(name, planned, given)
        if (value) returned = join(returned, value)
      }
      assign(result, returned)
    }

    function replace({ local, path, value, block: inner }: StepOf<'with'>): void {
      const given = valueOf(value)
      if (path.length === 0) {
        nest(inner, (innerState) => (given ? innerState.set(local, given) : innerState.delete(local)))
        return
      }
      // The value goes into a copy of the document, at a path on which what is no object is replaced by one. Reads of
      // the copy count as reads of the document: some are more than there are.
      whole(given)
      const before = state.get(local)
      let nodes = [...(before?.nodes ?? [])]
      for (const part of path) nodes = nodes.map((node) => reads.member(node, part))
      nest(inner, (innerState) => innerState.set(local, join(before, made())))
    }

    for (const step of block) {
      switch (step.kind) {
        case 'make':
          make(step)
          break
        case 'assign':
          assign(step.target, valueOf(step.source))
          break
        case 'assign-once':
          assignOnce(step)
          break
        case 'undefined':
          state.delete(step.local)
          break
        case 'dot':
          dot(step)
          break
        case 'scan':
          scan(step)
          break
        case 'length':
          length(step)
          break
        case 'compare':
          compare(valueOf(step.a), valueOf(step.b))
          break
        case 'append':
          append(step)
          break
        case 'use':
          wholes(step.operands)
          if (step.target !== undefined) assign(step.target, made())
          break
        case 'call':
          call(step)
          break
        case 'call-dynamic':
          callDynamic(step)
          break
        case 'with':
          replace(step)
          break
        case 'blocks':
          step.blocks.forEach((inner) => nest(inner))
          break
        case 'return':
          returned(self, valueOf(step.source))
          break
        case 'unknown':
          findings.unknown = true
          break
      }
    }
  }

  function returned(self: Summary | undefined, value: AbstractValue | undefined): void {
    if (self && value) findings.returned(self, value)
  }

  return (blocks, locals, self) => walk([{ kind: 'blocks', blocks }], new Map(locals), new Map(), self)
}
