import { functions } from './functions.ts'
import { type Held, isHeldList, isHeldMap, isTrue, printed } from './held.ts'
import type { Template } from './parse.ts'
import type { Body, Operand, Part, Pipe } from './tree.ts'

const longest = 1_048_576
const mostSteps = 1_000_000
const maximumDepth = 500

/** What ends a part early; undefined where it ran to its end. */
type Ended = 'break' | 'continue' | undefined

interface Variable {
  readonly name: string
  value: Held
}

interface Piped {
  readonly value: Held
}

/** Fills a template in. Throws where Go does, and beyond 1 MiB of text or a million steps. */
export function execute({ main, named }: Template, data: Held): string {
  let out = ''
  let steps = 0
  let depth = 0
  let variables: Variable[] = [{ name: '$', value: data }]
  runBody(main, data)
  return out

  function write(text: string): void {
    out += text
    if (out.length > longest) throw new RangeError('too long')
  }

  function runBody(body: Body, dot: Held): Ended {
    for (const part of body) {
      const ended = run(part, dot)
      if (ended) return ended
    }
    return undefined
  }

  function run(part: Part, dot: Held): Ended {
    if (++steps > mostSteps) throw new RangeError('too many steps')
    switch (part.kind) {
      case 'text':
        write(part.text)
        return undefined
      case 'action': {
        const value = runPipe(part.pipe, dot)
        if (part.pipe.variables.length === 0) write(value === undefined ? '<no value>' : printed(value))
        return undefined
      }
      case 'break':
      case 'continue':
        return part.kind
      case 'template':
        runTemplate(part.name, part.pipe ? runPipe(part.pipe, dot) : undefined)
        return undefined
      case 'if':
      case 'with':
      case 'range': {
        const known = variables.length
        const ended = part.kind === 'range' ? runRange(part, dot) : runChoice(part, dot)
        variables.length = known
        return ended
      }
    }
  }

  function runChoice(part: Extract<Part, { readonly body: Body }>, dot: Held): Ended {
    const value = runPipe(part.pipe, dot)
    if (!isTrue(value)) return runBody(part.otherwise, dot)
    return runBody(part.body, part.kind === 'with' ? value : dot)
  }

  function runRange({ pipe, body, otherwise }: Extract<Part, { readonly body: Body }>, dot: Held): Ended {
    const items = itemsOf(runPipe(pipe, dot), pipe)
    if (items.length === 0) return runBody(otherwise, dot)
    const known = variables.length
    for (const [index, item] of items) {
      const values = pipe.variables.length > 1 ? [index, item] : [item]
      for (const [i, name] of pipe.variables.entries()) {
        if (pipe.assigns) variableOf(name).value = values[i]
        else variables[known - pipe.variables.length + i] = { name, value: values[i] }
      }
      const ended = runBody(body, item)
      variables.length = known
      if (ended === 'break') break
    }
    return undefined
  }

  function runTemplate(name: string, dot: Held): void {
    const body = named.get(name)
    if (!body || ++depth > maximumDepth) throw new Error('no such template, or too deep')
    const before = variables
    variables = [{ name: '$', value: dot }]
    runBody(body, dot)
    variables = before
    depth--
  }

  function runPipe({ commands, variables: names, assigns }: Pipe, dot: Held): Held {
    let piped: Piped | undefined
    for (const command of commands) piped = { value: runCommand(command, dot, piped) ?? undefined }
    const value = piped?.value
    for (const name of names) {
      if (assigns) variableOf(name).value = value
      else variables.push({ name, value })
    }
    return value
  }

  function variableOf(name: string): Variable {
    const variable = variables.findLast((one) => one.name === name)
    if (!variable) throw new Error('an unknown variable')
    return variable
  }

  function runCommand([first, ...rest]: readonly Operand[], dot: Held, piped: Piped | undefined): Held {
    if (!first || first.kind === 'nil') throw new Error('nil is no command')
    if (first.kind === 'function') return callFunction(first.name, rest, dot, piped)
    if (rest.length > 0 || piped) throw new Error('arguments of what is no function')
    return evaluate(first, dot)
  }

  function callFunction(name: string, operands: readonly Operand[], dot: Held, piped: Piped | undefined): Held {
    if (++steps > mostSteps) throw new RangeError('too many steps')
    const called = functions[name]
    const count = operands.length + (piped ? 1 : 0)
    if (!called || count < called.least || count > called.most) throw new Error('a wrong number of arguments')
    const values: Held[] = []
    for (const operand of operands) {
      const value = evaluate(operand, dot)
      if ((name === 'and' || name === 'or') && isTrue(value) === (name === 'or')) return value
      values.push(value)
    }
    if (piped) values.push(piped.value)
    return name === 'and' || name === 'or' ? values.at(-1) : called.call(...values)
  }

  function evaluate(operand: Operand, dot: Held): Held {
    switch (operand.kind) {
      case 'literal':
        return operand.value
      case 'nil':
        return undefined
      case 'dot':
        return dot
      case 'function':
        return callFunction(operand.name, [], dot, undefined)
      case 'field':
        return operand.fields.reduce(fieldOf, dot)
      case 'variable':
        return operand.fields.reduce(fieldOf, variableOf(operand.name).value)
      case 'pipe':
        return operand.fields.reduce(fieldOf, runPipe(operand.pipe, dot))
      case 'chain':
        return operand.fields.reduce(fieldOf, evaluate(operand.of, dot))
    }
  }
}

/** Of no value there is no field either, which is no fault; of a nil it is one. */
function fieldOf(value: Held, name: string): Held {
  if (value === undefined) return undefined
  if (!isHeldMap(value)) throw new TypeError('no fields')
  return value.get(name)
}

function itemsOf(value: Held, { variables }: Pipe): readonly (readonly [Held, Held])[] {
  if (value === undefined || value === null) return []
  if (isHeldList(value)) return value.map((item, i) => [BigInt(i), item])
  if (isHeldMap(value)) return [...value]
  if (typeof value !== 'bigint' || variables.length > 1 || value > mostSteps)
    throw new TypeError('nothing to range over')
  return Array.from({ length: Math.max(0, Number(value)) }, (_, i) => [undefined, BigInt(i)])
}
