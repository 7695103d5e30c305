import { ok } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import type { Verifier } from '../seams.ts'

/** A verifier whose credentials tell when the keys that they were checked with were last known right. */
export const withTrustAge = (verifier: Verifier, source: { asOf(): Instant }): Verifier => ({
  ...verifier,
  async verify(credential, expected, frame) {
    const verified = await verifier.verify(credential, expected, frame)
    return verified.ok === true ? ok({ ...verified.value, trustAsOf: source.asOf() }) : verified
  },
})
