import type { Ask } from './ask.ts'
import { type Caller, isCaller } from './caller.ts'
import type { Clause } from './clause.ts'
import type { Code } from './codes.ts'
import { type Draft, decisionClauses, type PolicyIdentity, type Verdict } from './draft.ts'
import { isEvaluated } from './evaluated.ts'
import type { DecisionId, Frame } from './frame.ts'
import { createMint, type Minted } from './mint.ts'
import { type Challenge, type Refusal, refuse } from './result.ts'
import { between, type Seconds, seconds } from './time.ts'
import { isWritten } from './written.ts'

/**
 * The answer to an ask. `allow` is what {@link seal} alone can make: a hand-built one does not type-check, and
 * {@link isAllow} does not know it.
 *
 * - `reuseMaxAge`: the licence to reuse an allow; 0 for a deny and wherever a proof, a single-use id or an obligation took part.
 */
export type Decision = Allow | Deny
export type Allow = Minted<DecisionFacts & { readonly effect: 'allow'; readonly caller: Caller }, 'Allow'>
export type Deny = DecisionFacts & { readonly effect: 'deny' }

interface DecisionFacts {
  readonly effect: 'allow' | 'deny'
  readonly id: DecisionId
  readonly code: Code
  readonly clause: Clause
  readonly detail: string
  readonly challenge?: Challenge
  readonly caller?: Caller
  readonly verdicts: readonly Verdict[]
  readonly policy?: PolicyIdentity
  readonly reuseMaxAge: Seconds
}

const allows = createMint<DecisionFacts & { readonly effect: 'allow'; readonly caller: Caller }, 'Allow'>()
const allowedVerdicts = createMint<Verdict, 'AllowedVerdict'>()

/** Whether this very object is an allow that was sealed. Doors ask this, never `effect`. */
export const isAllow: (decision: unknown) => decision is Allow = allows.made

/**
 * Whether this very verdict of a sealed decision is an allow. One question of several may be allowed where the whole is
 * denied; it needs caller, evaluation and receipt just the same.
 */
export const isAllowedVerdict: (verdict: unknown) => verdict is Verdict = allowedVerdicts.made

/** Whether a draft allows anything, so that its record must be written before it is answered. */
export const allowsAnything = ({ effect, verdicts }: Draft): boolean =>
  effect === 'allow' || verdicts.some(({ code }) => code === 'ALLOWED')

/**
 * Turns a draft into the answer. An allow needs three minted values of this very ask: the caller, one evaluated allow
 * per question, and the receipt of its record; whatever is missing makes it a deny. Total: never throws.
 */
export function seal(draft: Draft, receipt: unknown, ask: Ask, frame: Frame): Decision {
  if (!allowsAnything(draft)) return sealDeny(draft, frame)
  const fault = missingPart(draft, receipt, ask, frame)
  if (fault || !draft.caller) return sealDeny({ ...draft, ...fault, verdicts: [] }, frame)
  const verdicts = draft.verdicts.map((verdict) =>
    verdict.code === 'ALLOWED' ? allowedVerdicts.make({ ...verdict }) : verdict,
  )
  if (draft.effect !== 'allow') return sealDeny({ ...draft, verdicts }, frame)
  const { caller, clause, detail, policy } = draft
  return allows.make({
    effect: 'allow',
    id: frame.id,
    code: 'ALLOWED',
    clause,
    detail,
    caller,
    verdicts,
    ...(policy && { policy }),
    reuseMaxAge: reuseOf(caller, verdicts, ask, frame),
  })
}

function sealDeny(draft: Draft, frame: Frame): Deny {
  const { code, clause, detail, challenge, caller, policy } = draft
  return {
    effect: 'deny',
    id: frame.id,
    code,
    clause,
    detail,
    verdicts: draft.verdicts,
    reuseMaxAge: seconds(0),
    ...(challenge && { challenge }),
    ...(caller && { caller }),
    ...(policy && { policy }),
  }
}

/** The refusal for a draft that allows something without everything that takes. */
function missingPart(draft: Draft, receipt: unknown, ask: Ask, frame: Frame): Refusal | undefined {
  if (!isCaller(draft.caller) || draft.caller.ask !== frame.id) {
    return refuse('INTERNAL', decisionClauses.caller, 'the caller of this ask was not verified')
  }
  const evaluated = draft.verdicts.every((verdict) => verdict.code !== 'ALLOWED' || isEvaluatedAllow(verdict, frame))
  const complete = draft.effect !== 'allow' || draft.verdicts.every(({ code }) => code === 'ALLOWED')
  if (!evaluated || !complete || draft.verdicts.length !== ask.questions.length) {
    return refuse('INTERNAL', decisionClauses.evaluated, 'not every question was answered with an allow')
  }
  if (!isWritten(receipt) || receipt.record !== frame.id) {
    return refuse('AUDIT_UNAVAILABLE', decisionClauses.written, 'the record was not written')
  }
  return undefined
}

const isEvaluatedAllow = ({ evaluated }: Verdict, frame: Frame): boolean =>
  isEvaluated(evaluated) && evaluated.ask === frame.id && evaluated.allow === true

/** Whole seconds, rounded down. The licence ends with the first thing that ends. */
function reuseOf(caller: Caller, verdicts: readonly Verdict[], ask: Ask, frame: Frame): Seconds {
  const once = !caller.reusable || verdicts.some(({ evaluated }) => (evaluated?.obligations.length ?? 0) > 0)
  if (once) return seconds(0)
  const ttls = verdicts.map(({ evaluated }) => evaluated?.ttl ?? ask.service.reuseMax)
  return seconds(Math.max(0, Math.floor(Math.min(between(frame.now, caller.expiresAt), ask.service.reuseMax, ...ttls))))
}
