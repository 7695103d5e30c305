import { ok, type Result } from '../core/result.ts'
import { readJwt } from '../jose/read-jwt.ts'
import type { VerifiedTokens } from '../jose/verified-tokens.ts'
import type { Credential } from '../core/credential.ts'
import type { FoundCredential } from './evidence.ts'
import { createOpenCertificate } from './open-certificate.ts'

/** Takes found credentials apart; a token whose signature was good before, or a chain seen before, is not read again. */
export function createOpenToken(tokens: VerifiedTokens): (found: FoundCredential) => Result<Credential> {
  const openCertificate = createOpenCertificate()
  return function openToken({ form, scheme, text }) {
    if (form === 'certificate' || scheme === 'tls') return openCertificate(text)
    if (scheme !== 'wit' && (form === 'key' || scheme === 'api-key')) return ok({ form: 'key', scheme, text })
    const known = tokens.get(text)
    if (known) return ok({ form: 'jwt', scheme, text, jwt: known.jwt, goodUnder: known.keyId })
    const jwt = readJwt(text, 'CREDENTIAL_MALFORMED')
    return jwt.ok ? ok({ form: 'jwt', scheme, text, jwt: jwt.value, signature: jwt.value.signature }) : jwt
  }
}
