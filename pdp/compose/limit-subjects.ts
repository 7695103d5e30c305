import { clauses } from '../core/clause.ts'
import { canonicalText } from '../core/canonical-bytes.ts'
import { refuse } from '../core/result.ts'
import type { Seconds } from '../core/time.ts'
import type { Verify } from '../identity/verify.ts'

export const limitClauses = clauses({ subject: 'subject-rate' })

/**
 * The first gate, with a rate for each subject: asked for only once the caller is verified, so that nobody uses up what is
 * another's. `take` answers how long the subject has to wait for its next ask; 0 where it had one left, which is taken.
 */
export const limitSubjects =
  (verify: Verify, take: (subject: string) => Seconds): Verify =>
  async (ask, frame) => {
    const who = await verify(ask, frame)
    if (who.ok !== true || !who.value.subject) return who
    const { issuer, id } = who.value.subject
    const retryAfter = take(canonicalText([issuer, id]))
    if (retryAfter === 0) return who
    const detail = 'this subject asks more often than `limits.rate` lets it'
    return refuse('SUBJECT_RATE_LIMITED', limitClauses.subject, detail, { retryAfter })
  }
