import { isRegoError, type RegoError } from './answer.ts'
import { type CoverageReport, isCoverageReport } from './coverage.ts'
import { isBoolean, isNumber, isString, listOf, maybe, oneOf, shapeOf } from './guards.ts'
import type { RegoSources, Verb } from './verb.ts'

export interface TestRequest extends RegoSources {
  readonly data?: Readonly<Record<string, unknown>>
  /** Run only tests whose name, such as `data.orders_test.test_read`, matches this regular expression (RE2). */
  readonly filter?: string
  /** How long one test may take, in milliseconds; absent: 5,000. */
  readonly timeoutMs?: number
  readonly coverage?: boolean
}

export interface TestResult {
  /** Such as `data.orders_test`. */
  readonly package: string
  readonly name: string
  readonly file: string
  readonly row: number
  readonly col: number
  /** `error`: it could not be evaluated, or ran out of time; `skip`: its name starts with `todo_test_`. */
  readonly verdict: 'pass' | 'fail' | 'error' | 'skip'
  readonly durationMs: number
  /** What the test and the policy printed. */
  readonly output: string
  /** The expression of a failed test that got furthest. */
  readonly failedAt?: {
    readonly file: string
    readonly row: number
    readonly col: number
    readonly text: string
  }
  readonly error?: RegoError
  /** The verdicts of a table test, `test_x[name]`; empty for every other. */
  readonly cases: readonly { readonly name: readonly string[]; readonly pass: boolean }[]
}

export interface Tested {
  /** Sorted by file and row. A failed test is a verdict here, not an error of the answer. */
  readonly tests: readonly TestResult[]
  /** Present if asked for. */
  readonly coverage?: CoverageReport
}

const isPlace = shapeOf<NonNullable<TestResult['failedAt']>>({
  file: isString,
  row: isNumber,
  col: isNumber,
  text: isString,
})

const isResult = shapeOf<TestResult>({
  package: isString,
  name: isString,
  file: isString,
  row: isNumber,
  col: isNumber,
  verdict: oneOf('pass', 'fail', 'error', 'skip'),
  durationMs: isNumber,
  output: isString,
  failedAt: maybe(isPlace),
  error: maybe(isRegoError),
  cases: listOf(shapeOf<TestResult['cases'][number]>({ name: listOf(isString), pass: isBoolean })),
})

const isTested = shapeOf<Tested>({ tests: listOf(isResult), coverage: maybe(isCoverageReport) })

/** Runs the tests among the modules on source, as `opa test` does. */
export const test: Verb<TestRequest, Tested> = {
  name: 'test',
  write: (request) => request,
  read(value) {
    return isTested(value) ? value : undefined
  },
}
