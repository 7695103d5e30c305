import { stringMember } from '../core/json.ts'
import { ok, type Result } from '../core/result.ts'
import { jwtClauses, readJwt } from '../jose/read-jwt.ts'
import { readMacJwt } from '../jose/read-mac-jwt.ts'
import type { VerifiedTokens } from '../jose/verified-tokens.ts'
import type { Credential, JwtCredential } from '../core/credential.ts'
import type { FoundCredential } from './evidence.ts'
import { createOpenCertificate } from './open-certificate.ts'
import { readHeaderForm, readQueryForm } from './sigv4/read-signature.ts'

/**
 * Takes found credentials apart; a token whose signature was good before, or a chain seen before, is not read again.
 * `macIssuer`: the one issuer whose tokens may have a MAC instead of a signature.
 */
export function createOpenToken(
  tokens: VerifiedTokens,
  { macIssuer }: { readonly macIssuer?: string } = {},
): (found: FoundCredential) => Result<Credential> {
  const openCertificate = createOpenCertificate()
  const openJwt = (text: string, scheme: JwtCredential['scheme']): Result<Credential> => {
    const jwt = readJwt(text, 'CREDENTIAL_MALFORMED')
    if (jwt.ok) return ok({ form: 'jwt', scheme, text, jwt: jwt.value, signature: jwt.value.signature })
    if (
      macIssuer === undefined ||
      scheme === 'wit' ||
      scheme === 'client-assertion' ||
      jwt.clause !== jwtClauses.algorithm
    )
      return jwt
    const mac = readMacJwt(text, 'CREDENTIAL_MALFORMED')
    return mac.ok && stringMember(mac.value.claims, 'iss') === macIssuer
      ? ok({ form: 'mac', scheme, text, ...mac.value })
      : jwt // whatever another issuer calls it, it is no signature
  }
  return function openToken({ form, scheme, text }) {
    if (form === 'certificate') return openCertificate(text)
    if (form === 'key') return ok({ form, scheme, text })
    if (form === 'document') return ok({ form, scheme, text })
    if (form === 'signed-request') return openSignedRequest(text)
    const known = tokens.get(text)
    return known ? ok({ form, scheme, text, jwt: known.jwt, goodUnder: known.keyId }) : openJwt(text, scheme)
  }
}

/** A header begins with the name of its algorithm, and a query that has a signature never does. */
function openSignedRequest(text: string): Result<Credential> {
  const signature = text.startsWith('AWS4-') ? readHeaderForm(text) : readQueryForm(text)
  return signature.ok ? ok({ form: 'signed-request', scheme: 'aws4', text, signature: signature.value }) : signature
}
