import type { Ask, Respond } from './wire.ts'
import type { Decision } from './decision.ts'

/**
 * Why there is no answer of a decision point to go by. Each is a deny. Texts are constants: they hold nothing of an ask, a
 * key or a reply.
 */
export const failures = {
  TIMEOUT: 'no answer within the deadline: look at the load of the decision point, or set deadlineMs higher',
  UNREACHABLE: 'the decision point cannot be reached: look at its address, and whether it runs',
  CIRCUIT_OPEN: 'not asked, because asks before this one failed one after another',
  REFUSED: 'the decision point did not decide: see `problem`, which is about this enforcement point or its ask',
  REPLY_MALFORMED: 'what came back is no answer that this version of the SDK understands',
  OBLIGATION_UNHANDLED:
    'the allow asks for something that nothing here can do: give `obligations` a handler for its type',
  OBLIGATION_FAILED: 'a handler of an obligation failed',
  QUESTION_FAILED: 'action or resource could not be made from this request',
  REQUEST_UNUSABLE: 'the target of this request is no path',
} as const

export type FailureCode = keyof typeof failures

/**
 * A failure of the SDK's side. `problem`: the code of the decision point's own refusal, such as `PEP_UNAUTHENTICATED`.
 * `transient`: asking again later may help.
 */
export interface Failure {
  readonly code: FailureCode
  readonly message: string
  readonly transient: boolean
  readonly problem?: string
}

const lasting: readonly FailureCode[] = [
  'REFUSED',
  'REPLY_MALFORMED',
  'OBLIGATION_UNHANDLED',
  'QUESTION_FAILED',
  'REQUEST_UNUSABLE',
]

/** What a caller is told: 503 where the fault may pass, 400 where it is the request's, else 500. */
const statusOf = (code: FailureCode, transient: boolean): number => {
  if (code === 'REQUEST_UNUSABLE') return 400
  return transient ? 503 : 500
}

/** The parts of a failure that are not the same for every one of its code. */
export interface FailureDetails {
  readonly problem?: string | undefined
  readonly transient?: boolean
  readonly headers?: Respond['headers']
}

/** The deny that a failure is; with `checks` it denies each of them. */
export function failed(code: FailureCode, { checks }: Pick<Ask, 'checks'>, details: FailureDetails = {}): Decision {
  const { problem, transient = !lasting.includes(code), headers = {} } = details
  const failure = { code, message: failures[code], transient, ...(problem !== undefined && { problem }) }
  const denied = { decision: 'deny', code, reasons: [], obligations: [] } as const
  return {
    ...denied,
    id: '',
    reuse_max_age_s: 0,
    respond: { status: statusOf(code, transient), headers },
    ...(checks && { results: checks.map(() => denied) }),
    local: false,
    failure,
  }
}
