import type { Failure } from './failure.ts'
import type { Reply } from './wire.ts'

/**
 * What became of an ask. Only `decision: 'allow'` lets anything through.
 *
 * - `local`: answered from an allow whose reuse was still permitted, without asking.
 * - `failure`: set where no decision point's answer could be gone by; `id` is then empty, and `code` is the failure's.
 */
export interface Decision extends Reply {
  readonly local: boolean
  readonly failure?: Failure
}
