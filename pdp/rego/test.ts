import type { RuleCoverage } from '../core/artefact-host.ts'
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
  /** Run no test after the first that fails; where it failed is not told, nor what was covered. */
  readonly stopAtFailure?: boolean
  /** Run every test a second time, against what was built; needs `artefactHost` in the toolchain's options. */
  readonly artefact?: TestedArtefact
}

/** A built bundle: its archive, its entrypoints, and the builtins that its module asks the host for. */
export interface TestedArtefact {
  readonly archive: Uint8Array
  readonly entrypoints: readonly string[]
  readonly hostBuiltins: readonly string[]
}

/** What became of a test on the artefact, in which every rule at or below an entrypoint is a call of the module. */
export interface ArtefactResult {
  /**
   * - `artefact`: all that it tests came from the module.
   * - `partly source`: it also refers to the `carried` rules, which no entrypoint answers for.
   * - `not reached`: it called no entrypoint.
   * - `source-only`: it replaces what cannot be replaced inside a module, `unreached`.
   */
  readonly class: 'artefact' | 'partly source' | 'not reached' | 'source-only'
  readonly verdict: TestResult['verdict']
  readonly calls: number
  readonly carried: readonly string[]
  readonly unreached: readonly string[]
  readonly error?: RegoError
  readonly failedAt?: NonNullable<TestResult['failedAt']>
}

/** A call that the artefact answers otherwise than the source. Values are Rego texts, empty where undefined. */
export interface ArtefactDifference {
  readonly test: string
  readonly entrypoint: string
  readonly input: string
  readonly source: string
  readonly artefact: string
  readonly sourceError?: string
  readonly artefactError?: string
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
  /** Present if an artefact was given. */
  readonly artefact?: ArtefactResult
}

export interface Tested {
  /** Sorted by file and row. A failed test is a verdict here, not an error of the answer. */
  readonly tests: readonly TestResult[]
  /** Present if asked for. */
  readonly coverage?: CoverageReport
  readonly differences?: readonly ArtefactDifference[]
  /** Which rules of the artefact the tests called; present if coverage was asked for and an artefact was given. */
  readonly rules?: RuleCoverage
}

const isPlace = shapeOf<NonNullable<TestResult['failedAt']>>({
  file: isString,
  row: isNumber,
  col: isNumber,
  text: isString,
})

const isVerdict = oneOf('pass', 'fail', 'error', 'skip')

const isArtefactResult = shapeOf<ArtefactResult>({
  class: oneOf('artefact', 'partly source', 'not reached', 'source-only'),
  verdict: isVerdict,
  calls: isNumber,
  carried: listOf(isString),
  unreached: listOf(isString),
  error: maybe(isRegoError),
  failedAt: maybe(isPlace),
})

const isDifference = shapeOf<ArtefactDifference>({
  test: isString,
  entrypoint: isString,
  input: isString,
  source: isString,
  artefact: isString,
  sourceError: maybe(isString),
  artefactError: maybe(isString),
})

const isResult = shapeOf<TestResult>({
  package: isString,
  name: isString,
  file: isString,
  row: isNumber,
  col: isNumber,
  verdict: isVerdict,
  durationMs: isNumber,
  output: isString,
  failedAt: maybe(isPlace),
  error: maybe(isRegoError),
  cases: listOf(shapeOf<TestResult['cases'][number]>({ name: listOf(isString), pass: isBoolean })),
  artefact: maybe(isArtefactResult),
})

const isTested = shapeOf<Omit<Tested, 'rules'>>({
  tests: listOf(isResult),
  coverage: maybe(isCoverageReport),
  differences: maybe(listOf(isDifference)),
})

/** Runs the tests among the modules on source, as `opa test` does, and then on the artefact, if one is given. */
export const test: Verb<TestRequest, Tested> = {
  name: 'test',
  write({ artefact, ...request }) {
    if (!artefact) return request
    const { entrypoints, hostBuiltins } = artefact
    return { ...request, artefact: { entrypoints, hostBuiltins } }
  },
  artefactOf: ({ artefact, coverage = false }) => artefact && { archive: artefact.archive, coverage },
  read(value, rules) {
    return isTested(value) ? { ...value, ...(rules && { rules }) } : undefined
  },
}
