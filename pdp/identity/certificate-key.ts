import { createPublicKey } from 'node:crypto'
import type { JsonObject } from '../core/json.ts'
import { readPublicJwk } from '../jose/read-public-jwk.ts'
import { thumbprint } from '../jose/thumbprint.ts'

/**
 * The thumbprint of a certificate's key (RFC 7638), by which a key is known whatever it stands in: a JWK, a token's
 * `cnf`, a certificate. Absent where the bytes are no usable key. `spki` is DER.
 */
export function certificateKeyThumbprint(spki: Buffer): string | undefined {
  try {
    const jwk = createPublicKey({ key: spki, format: 'der', type: 'spki' }).export({ format: 'jwk' })
    const read = readPublicJwk({ ...jwk } as JsonObject, 'CERTIFICATE_REFUSED') // an export is JSON, and all of it is checked
    return read.ok ? thumbprint(read.value) : undefined
  } catch {
    return undefined
  }
}
