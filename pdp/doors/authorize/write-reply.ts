import type { Code } from '../../core/codes.ts'
import { type Decision, isAllow, isAllowedVerdict } from '../../core/decision.ts'
import type { Verdict } from '../../core/draft.ts'
import type { Reason } from '../../core/evaluated.ts'
import type { Ask } from '../../core/ask.ts'
import { respondOf } from '../respond.ts'
import type { AuthorizeReply } from './reply-schema.ts'

/** The JSON text of the answer to `POST /authorize`. Says deny unless the decision is a sealed allow. */
export function writeReply(decision: Decision, ask: Ask, demo: boolean): string {
  const { caller } = decision
  const single = ask.questions.length === 1 ? decision.verdicts[0]?.evaluated : undefined
  const told = ask.pep.authentication.kind !== 'none' // reasons are for enforcement points that said who they are
  const reply: AuthorizeReply = {
    decision: isAllow(decision) ? 'allow' : 'deny',
    id: decision.id,
    code: decision.code,
    reasons: told ? reasonsOf(decision) : [],
    ...(caller?.subject && {
      subject: { id: caller.subject.id, methods: caller.subject.methods, assurance: caller.subject.assurance },
      attested: caller.attested,
    }),
    ...(told && caller?.advice && { advice: caller.advice }),
    obligations: isAllow(decision) ? decision.verdicts.flatMap(({ evaluated }) => evaluated?.obligations ?? []) : [],
    reuse_max_age_s: decision.reuseMaxAge,
    ...(decision.policy && { policy: decision.policy }),
    ...(single && { cache: single.cache }),
    respond: respondOf(decision),
    ...(ask.questions.length > 1 && {
      results: ask.questions.map((_, i) => resultOf(decision, decision.verdicts[i], told)),
    }),
    ...(demo && { demo }),
  }
  return JSON.stringify(reply)
}

const codesOfPolicy: readonly Code[] = ['ALLOWED', 'POLICY_DENIED', 'ASSURANCE_REQUIRED']

/** Policy's own reasons; where no policy spoke, the check that refused and what to do about it. */
function reasonsOf({ verdicts, clause, detail, code }: Decision): readonly Reason[] {
  const spoken = verdicts.flatMap(({ evaluated }) => evaluated?.reasons ?? [])
  if (spoken.length > 0 && codesOfPolicy.includes(code)) return spoken
  return [{ code: clause, message: detail }]
}

/** One question of several. An allow among denials is one that was recorded; its obligations come with it. */
function resultOf(decision: Decision, verdict: Verdict | undefined, told: boolean) {
  const evaluated = verdict?.evaluated
  const allowed = isAllowedVerdict(verdict)
  return {
    decision: allowed ? ('allow' as const) : ('deny' as const),
    code: verdict?.code ?? decision.code,
    reasons: told ? (evaluated?.reasons ?? []) : [],
    obligations: allowed ? (evaluated?.obligations ?? []) : [],
    ...(evaluated && { cache: evaluated.cache }),
  }
}
