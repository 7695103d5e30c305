/** Headers that may carry evidence of who is calling; the decision point has a place for each of them. */
export const evidenceHeaders = [
  'authorization',
  'dpop',
  'x-api-key',
  'workload-identity-token',
  'workload-proof-token',
  'workload-attestation',
  'signature',
  'signature-input',
] as const

/** What proofs cover beside those, whatever the service. */
const coveredHeaders = [
  'content-digest',
  'txn-token',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-region-set',
  'x-amz-security-token',
] as const

/** What a proxy says of the certificate it saw. Whoever can reach this service without the proxy can say it too. */
export const forwardedHeaders = ['x-forwarded-client-cert', 'client-cert', 'client-cert-chain'] as const

/**
 * Which headers of the caller an ask takes along.
 *
 * - `headers`: further ones, such as those that signatures cover or policy reads. Never `cookie`.
 * - `trustProxy`: also what a proxy before this service says of certificates. Only where nobody gets past that proxy.
 */
export interface CallerHeadersOptions {
  readonly headers?: readonly string[]
  readonly trustProxy?: boolean
}

const refused: ReadonlySet<string> = new Set(['cookie', 'set-cookie', ...forwardedHeaders])

/** The names, in lower case. Throws a `TypeError` for one that is never sent. */
export function callerHeaderNames({ headers = [], trustProxy = false }: CallerHeadersOptions): ReadonlySet<string> {
  const further = headers.map((name) => name.toLowerCase())
  const bad = further.find((name) => refused.has(name))
  if (bad !== undefined) {
    throw new TypeError(`headers: ${bad} is not sent${bad.includes('cert') ? ', but with trustProxy: true' : ''}`)
  }
  return new Set([...evidenceHeaders, ...coveredHeaders, ...(trustProxy ? forwardedHeaders : []), ...further])
}
