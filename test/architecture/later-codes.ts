import type { Code } from '../../pdp/core/codes.ts'

/** Codes of the table that nothing produces yet, each with its reason. One that is produced must leave this list. */
export const laterCodes: Partial<Record<Code, string>> = {
  ATTESTATION_STALE: 'comes with max_attestation_age',
  ASSURANCE_REQUIRED: 'comes with challenges from policy',
  RATE_LIMITED: 'comes with limits for each enforcement point',
}
