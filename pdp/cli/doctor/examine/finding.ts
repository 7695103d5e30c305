import type { Config } from '../../../config/schema.ts'
import type { Clock } from '../../../core/time.ts'

export type Verdict = 'ok' | 'warn' | 'fail'

/** What one look at one thing came to. `detail` holds nothing secret; `todo` says what to do where it is not `ok`. */
export interface Finding {
  readonly id: string
  readonly about: string
  readonly verdict: Verdict
  readonly detail: string
  readonly todo?: string
}

/** What is looked at: a configuration, the file it is of, and where `env:` leads. */
export interface Examined {
  readonly config: Config
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  /** Ends what takes too long. */
  readonly signal: AbortSignal
}

/** A kind of look. It changes nothing, and may be taken beside a process that runs; what it throws is a finding too. */
export interface Examination {
  readonly id: string
  readonly examine: (examined: Examined) => Promise<readonly Finding[]>
}

/** The reason in an error, for the operator. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && error.message !== '' ? error.message : 'an unknown fault'

/** The code of an error of the system, such as `ENOENT`. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : reasonOf(error)
