import { sha256Base64url } from '../core/digest.ts'
import type { PublicJwk } from './read-public-jwk.ts'

/**
 * The SHA-256 thumbprint of a key (RFC 7638 §3), unpadded base64url, as `jkt` carries it (RFC 9449 §6.1).
 * The required members in lexical order; their values are checked base64url and curve names, which need no escaping.
 */
export function thumbprint(jwk: PublicJwk): string {
  switch (jwk.kty) {
    case 'EC':
      return sha256Base64url(`{"crv":"${jwk.crv}","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`)
    case 'RSA':
      return sha256Base64url(`{"e":"${jwk.e}","kty":"RSA","n":"${jwk.n}"}`)
    case 'OKP':
      return sha256Base64url(`{"crv":"${jwk.crv}","kty":"OKP","x":"${jwk.x}"}`)
  }
}
