import { type DetailName, type Details, type FailureName, failures } from './messages.ts'

/** One failure of a document, as OPA answers it. */
export interface Failure {
  readonly type: FailureName
  readonly field: string
  readonly desc: string
}

/** What validating a node against a schema came to; the score says how close it was, to choose among alternatives. */
export interface Outcome {
  readonly failures: readonly Failure[]
  readonly score: () => number
  readonly passed: () => void
  readonly fail: (type: FailureName, path: Path, details?: Partial<Record<DetailName, string | number>>) => void
  readonly merge: (other: Outcome) => void
}

/** The names and indexes down to a node. */
export type Path = readonly string[]

const root = '(Root)'
const mostFailures = 10_000

const none: Record<DetailName, undefined> = {
  property: undefined,
  expected: undefined,
  given: undefined,
  dependency: undefined,
  allowed: undefined,
  min: undefined,
  max: undefined,
  i: undefined,
  j: undefined,
  pattern: undefined,
  format: undefined,
  multiple: undefined,
}

export function createOutcome(): Outcome {
  const list: Failure[] = []
  let score = 0
  return {
    failures: list,
    score: () => score,
    passed() {
      score++
    },
    fail(type, path, details = {}) {
      const field = path.length === 0 ? root : path.join('.')
      const all: Details = { ...none, ...details, field }
      list.push({ type, field, desc: failures[type](all) })
      if (list.length > mostFailures) throw new RangeError('too many failures')
      score -= 2
    },
    merge(other) {
      list.push(...other.failures)
      score += other.score()
    },
  }
}
