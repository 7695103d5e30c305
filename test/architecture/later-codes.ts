import type { Code, ProblemCode } from '../../pdp/core/codes.ts'

const door = 'refuses a request before an ask exists; comes with the doors'

const problems: Partial<Record<ProblemCode, string>> = {
  NOT_FOUND: door,
  METHOD_NOT_ALLOWED: door,
  REQUEST_TIMEOUT: door,
  BODY_TOO_LARGE: door,
  MEDIA_TYPE_UNSUPPORTED: door,
  RATE_LIMITED: door,
  SHED: door,
}

/** Codes of the table that nothing produces yet, each with its reason. One that is produced must leave this list. */
export const laterCodes: Partial<Record<Code, string>> = {
  ...problems,
  CERTIFICATE_REFUSED: 'comes with X.509 path validation',
  PROOF_NONCE_REQUIRED: 'comes with nonces for DPoP',
  ATTESTATION_STALE: 'comes with max_attestation_age',
  ASSURANCE_REQUIRED: 'comes with challenges from policy',
  OVERLOADED: 'comes with shedding at the doors',
}
