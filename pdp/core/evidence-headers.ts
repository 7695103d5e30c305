/**
 * Headers that carry evidence, in lower case. Policy and record never see them; what each of them means stands in the
 * table of `identity/evidence.ts`, which has a row for every one.
 */
export const evidenceHeaders = [
  'authorization',
  'dpop',
  'x-api-key',
  'workload-identity-token',
  'workload-proof-token',
  'workload-attestation',
  'signature',
  'signature-input',
  'x-forwarded-client-cert',
  'client-cert',
  'client-cert-chain',
] as const

export type EvidenceHeader = (typeof evidenceHeaders)[number]
