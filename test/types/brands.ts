// Compiled by `npm run check`, never run: each line marked `@ts-expect-error` must fail to compile, and its twin must not.
import type { Evidence } from '../../pdp/core/ask.ts'
import type { Caller, CallerFacts } from '../../pdp/core/caller.ts'
import { clauses } from '../../pdp/core/clause.ts'
import type { Allow, Decision } from '../../pdp/core/decision.ts'
import type { Evaluated, EvaluatedFacts } from '../../pdp/core/evaluated.ts'
import { type Refusal, type Result, refuse } from '../../pdp/core/result.ts'
import { parseSpiffeId, type SpiffeId } from '../../pdp/core/spiffe-id.ts'
import { type Instant, instant, type Seconds, seconds } from '../../pdp/core/time.ts'
import type { Written, WrittenFacts } from '../../pdp/core/written.ts'
import type { FirstUse, Policy, RevocationView } from '../../pdp/seams.ts'

declare const facts: {
  readonly caller: CallerFacts
  readonly evaluated: EvaluatedFacts
  readonly written: WrittenFacts
  readonly decision: Decision
  readonly evidence: Evidence
}

const own = clauses({ check: 'types-check' })

// what only its maker can make
// @ts-expect-error: facts that nobody verified are no caller
export const caller: Caller = facts.caller
// @ts-expect-error: an answer that no policy gave is not evaluated
export const evaluated: Evaluated = facts.evaluated
// @ts-expect-error: a receipt that the log did not give
export const written: Written = facts.written
// @ts-expect-error: an allow is what seal made, not what says so
export const allow: Allow = { ...facts.decision, effect: 'allow', caller: facts.caller }

// what only its parser can make
// @ts-expect-error: a text is no SPIFFE ID
export const text: SpiffeId = 'spiffe://prod.example/billing'
const parsed = parseSpiffeId('spiffe://prod.example/billing')
export const id: SpiffeId | undefined = parsed.ok ? parsed.value.id : undefined
// @ts-expect-error: an instant is no length of time
export const length: Seconds = instant(0)
export const whole: Seconds = seconds(1)
// @ts-expect-error: a number is no instant
export const now: Instant = 0

// refusals
// @ts-expect-error: a refusal never says ALLOWED
export const allowed: Refusal = refuse('ALLOWED', own.check, 'x')
// @ts-expect-error: a clause is declared, not written in place
export const loose: Refusal = refuse('EXPIRED', 'types-check', 'x')
export const refused: Refusal = refuse('EXPIRED', own.check, 'x')
// @ts-expect-error: a result is read after asking whether it is ok
export const unasked = (result: Result<number>): number => result.value
export const asked = (result: Result<number>): number => (result.ok ? result.value : 0)

// seams: silence is not an answer
// @ts-expect-error: nothing found is `clear`, never undefined
export const silentView: RevocationView['find'] = () => undefined
export const view: RevocationView['find'] = () => 'clear'
// @ts-expect-error: a claim answers in words, not by truthiness
export const truthyClaim: FirstUse['claim'] = async () => true
export const claim: FirstUse['claim'] = async () => 'unknown'
// @ts-expect-error: a policy answers with what was evaluated
export const truthyPolicy: Policy['evaluate'] = async () => ({ ok: true, value: { allow: true } })

// what came in is not written to
// @ts-expect-error: evidence is readonly
facts.evidence.credentials = []
