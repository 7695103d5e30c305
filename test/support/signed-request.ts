import { randomUUID, sign } from 'node:crypto'
import { noon } from './clock.ts'
import type { TestKey } from './keys.ts'
import { workloadKey } from './world.ts'

/** What a test signs: components with the values that go into the signature base, and parameters as they are written. */
export interface SignatureParts {
  readonly components: readonly (readonly [id: string, value: string])[]
  readonly parameters: string
  readonly key: TestKey
  readonly label?: string
}

/** The two headers of a message signature (RFC 9421 §4), made without anything of what checks them. */
export function signatureHeaders({ components, parameters, key, label = 'sig' }: SignatureParts) {
  const input = `(${components.map(([id]) => id).join(' ')})${parameters}`
  const base = [...components.map(([id, value]) => `${id}: ${value}`), `"@signature-params": ${input}`].join('\n')
  const signature = sign('sha256', Buffer.from(base), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return {
    'signature-input': `${label}=${input}`,
    signature: `${label}=:${signature.toString('base64')}:`,
  }
}

/** The signature of draft-ietf-wimse-http-signature for `GET https://orders.example.org/v1/orders/42`, made at noon. */
export function wimseSignature(token: string, origin = 'https://orders.example.org', now = noon) {
  const created = Math.trunc(now / 1000)
  return signatureHeaders({
    components: [
      ['"@method"', 'GET'],
      ['"@request-target"', '/v1/orders/42'],
      ['"workload-identity-token"', token],
    ],
    parameters: `;created=${created};expires=${created + 60};nonce="${randomUUID()}";tag="wimse-workload-to-workload";wimse-aud="${origin}/v1/orders/42"`,
    key: workloadKey,
  })
}
