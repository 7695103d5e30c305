import { clauses } from '../core/clause.ts'
import { canonicalText } from '../core/canonical-bytes.ts'
import { refuse } from '../core/result.ts'
import type { Verify } from '../identity/verify.ts'

export const limitClauses = clauses({ subject: 'subject-rate' })

/**
 * The first gate, with a rate for each subject: asked for only once the caller is verified, so that nobody uses up what is
 * another's. `take` answers whether the subject has one left.
 */
export const limitSubjects =
  (verify: Verify, take: (subject: string) => boolean): Verify =>
  async (ask, frame) => {
    const who = await verify(ask, frame)
    if (who.ok !== true || !who.value.subject) return who
    const { issuer, id } = who.value.subject
    return take(canonicalText([issuer, id]))
      ? who
      : refuse('SUBJECT_RATE_LIMITED', limitClauses.subject, 'this subject asks more often than `limits.rate` lets it')
  }
