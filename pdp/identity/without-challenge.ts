import type { Evidence } from '../core/ask.ts'
import type { Refusal } from '../core/result.ts'

/**
 * A refusal as the caller is told of it. Who presented a workload identity token and nothing in `Authorization` used no
 * scheme of HTTP authentication, so there is none to be challenged by (draft-ietf-wimse-http-signature, error conditions).
 */
export const withoutChallenge = (refusal: Refusal, { headers, credentials }: Evidence): Refusal =>
  headers.has('workload-identity-token') && !headers.has('authorization') && credentials.length === 0
    ? { ...refusal, challenge: { scheme: 'none' } }
    : refusal
