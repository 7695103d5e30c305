import type { Ask } from './ask.ts'
import type { Caller } from './caller.ts'
import { type Clause, clauses } from './clause.ts'
import { type Code, codes, rowOf } from './codes.ts'
import type { Evaluated } from './evaluated.ts'
import { type Challenge, type Refusal, type Result, refuse } from './result.ts'

export const decisionClauses = clauses({
  allowed: 'decision-allowed',
  policyActive: 'policy-active',
  policyDenied: 'policy-allow-false',
  policyAcr: 'rfc9470-3-policy-acr-values',
  obligation: 'obligation-supported',
  pathAmbiguous: 'path-unambiguous',
  deadline: 'decision-deadline',
  fault: 'decision-fault',
  caller: 'decision-caller-minted',
  evaluated: 'decision-evaluated-minted',
  written: 'decision-record-written',
  questions: 'decision-one-answer-per-question',
})

/** The policy a decision was made under. */
export interface PolicyIdentity {
  readonly bundle: string
  readonly revision: string
  readonly digest: string
}

/** The answer to one question, in the order asked. */
export interface Verdict {
  readonly code: Code
  readonly clause: Clause
  readonly detail: string
  readonly evaluated?: Evaluated
  readonly challenge?: Challenge
}

/** A decision that is not yet recorded; what {@link seal} turns into an answer. */
export interface Draft {
  readonly effect: 'allow' | 'deny'
  readonly code: Code
  readonly clause: Clause
  readonly detail: string
  readonly challenge?: Challenge
  readonly caller?: Caller
  readonly verdicts: readonly Verdict[]
  readonly policy?: PolicyIdentity
}

/** A deny for a refusal that no policy took part in. */
export function deny(
  refusal: Refusal,
  known: { readonly caller?: Caller; readonly policy?: PolicyIdentity } = {},
): Draft {
  const { code, clause, detail, challenge } = knownRefusal(refusal)
  return { effect: 'deny', code, clause, detail, verdicts: [], ...(challenge && { challenge }), ...known }
}

/** The draft of an evaluated ask: allow only if every question was answered with an allow the service can honour. */
export function conclude(
  caller: Caller,
  answers: readonly Result<Evaluated>[],
  ask: Ask,
  policy: PolicyIdentity,
): Draft {
  const verdicts = answers.map((answer) => verdictOf(answer, ask.service.obligations))
  const worst = verdicts.find((verdict) => verdict.code !== 'ALLOWED')
  if (verdicts.length !== ask.questions.length) {
    return deny(refuse('INTERNAL', decisionClauses.questions, 'not one answer per question'), { caller, policy })
  }
  if (!worst) {
    return {
      effect: 'allow',
      code: 'ALLOWED',
      clause: decisionClauses.allowed,
      detail: 'allowed',
      caller,
      verdicts,
      policy,
    }
  }
  const { code, clause, detail, challenge } = worst
  return { effect: 'deny', code, clause, detail, caller, verdicts, policy, ...(challenge && { challenge }) }
}

/** What an answer comes to, for a service that can perform obligations of these types. */
export function verdictOf(answer: Result<Evaluated>, performed: readonly string[]): Verdict {
  if (answer.ok !== true) {
    const { code, clause, detail, challenge } = knownRefusal(answer)
    return { code, clause, detail, ...(challenge && { challenge }) }
  }
  const evaluated = answer.value
  const say = (code: Code, clause: Clause, detail: string): Verdict => ({
    code,
    clause,
    detail,
    evaluated,
    ...(evaluated.challenge && { challenge: evaluated.challenge }),
  })
  if (evaluated.allow !== true) {
    return evaluated.challenge?.acrValues === undefined
      ? say('POLICY_DENIED', decisionClauses.policyDenied, 'policy denied')
      : say('ASSURANCE_REQUIRED', decisionClauses.policyAcr, 'policy asks for stronger authentication')
  }
  const unsupported = evaluated.obligations.find(({ type }) => !performed.includes(type))
  if (unsupported)
    return say(
      'OBLIGATION_UNSUPPORTED',
      decisionClauses.obligation,
      'an obligation type is not in the list of the service',
    )
  return say('ALLOWED', decisionClauses.allowed, 'allowed')
}

/** The refusal itself, or INTERNAL for one that a faulty part made up: a code must have its row. */
const knownRefusal = (refusal: Refusal): Refusal =>
  Object.hasOwn(codes, refusal.code) && rowOf(refusal.code) !== codes.ALLOWED
    ? refusal
    : refuse('INTERNAL', decisionClauses.fault, 'a part refused without a code')
