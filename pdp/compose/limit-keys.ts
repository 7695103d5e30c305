import { clauses } from '../core/clause.ts'
import { refuse } from '../core/result.ts'
import type { TokenBuckets } from '../core/token-buckets.ts'
import type { Verifier } from '../seams.ts'

export const keyRateClauses = clauses({ key: 'client-key-rate' })

/**
 * A verifier with a rate for each registered credential: counted only once it was proved, so that nobody uses up what is
 * another's.
 */
export const limitKeys = (verifier: Verifier, buckets: TokenBuckets): Verifier => ({
  ...verifier,
  async verify(credential, expected, frame) {
    const verified = await verifier.verify(credential, expected, frame)
    if (verified.ok !== true) return verified
    const key = verified.value.revocable.find(({ by }) => by === 'key-id')
    const retryAfter = buckets.take(`${verified.value.method} ${key?.id ?? ''}`)
    if (retryAfter === 0) return verified
    const detail = 'this credential is used more often than `registry.rate` lets it'
    return refuse('SUBJECT_RATE_LIMITED', keyRateClauses.key, detail, { retryAfter })
  },
})
