import { type AbstractValue, join } from './abstract-value.ts'
import type { PlannedFunction, Step } from './plan.ts'
import type { Reads } from './read-node.ts'

/** What locals may hold; one that is not in it surely is undefined. */
export type State = Map<number, AbstractValue>

/** A function as all of its callers see it: every argument it was given, every value it returned. */
export interface Summary {
  readonly params: State
  result: AbstractValue | undefined
}

/** What is known of one entrypoint's plan beside its reads. It only grows, and `reads` is told when it does. */
export interface Findings {
  /** The functions that were reached. */
  readonly summaries: ReadonlyMap<string, Summary>
  readonly builtins: Set<string>
  /** A step that is not understood was reached. */
  unknown: boolean
  /** Hands arguments to a function and answers what it is known to return so far. */
  call(name: string, planned: PlannedFunction, args: readonly (AbstractValue | undefined)[]): AbstractValue | undefined
  returned(self: Summary, value: AbstractValue): void
  /** What was assigned within a loop in earlier turns. */
  turnsOf(loop: Step): ReadonlyMap<number, AbstractValue>
  turned(loop: Step, assigned: State): void
  /** Whether a list is appended to elsewhere than where it is made, so that its items are not known. */
  varies(list: Step): boolean
  setVaries(list: Step): void
}

export function createFindings(reads: Reads): Findings {
  const summaries = new Map<string, Summary>()
  const loops = new Map<Step, State>()
  const varying = new Set<Step>()

  function remember(known: State, found: State): void {
    for (const [local, value] of found) {
      const before = known.get(local)
      const both = join(before, value)
      if (both === before) continue
      known.set(local, both)
      reads.note()
    }
  }

  function summaryOf(name: string): Summary {
    const known = summaries.get(name)
    if (known) return known
    const summary: Summary = { params: new Map(), result: undefined }
    summaries.set(name, summary)
    reads.note()
    return summary
  }

  return {
    summaries,
    builtins: new Set(),
    unknown: false,
    call(name, { params }, args) {
      if (args.length !== params.length) this.unknown = true
      const { params: known, result } = summaryOf(name)
      const given: State = new Map()
      for (const [i, local] of params.entries()) {
        const value = args[i]
        if (value) given.set(local, value)
      }
      remember(known, given)
      return result
    },
    returned(self, value) {
      const both = join(self.result, value)
      if (both !== self.result) reads.note()
      self.result = both
    },
    turnsOf: (loop) => loops.get(loop) ?? new Map(),
    turned(loop, assigned) {
      const known = loops.get(loop) ?? new Map()
      loops.set(loop, known)
      remember(known, assigned)
    },
    varies: (list) => varying.has(list),
    setVaries(list) {
      if (!varying.has(list)) reads.note()
      varying.add(list)
    },
  }
}
