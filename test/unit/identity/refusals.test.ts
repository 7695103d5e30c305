import { describe, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import type { Code } from '../../../pdp/core/codes.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { strangerKey } from '../../support/world.ts'
import {
  accessToken,
  bearer,
  boundToken,
  clientKey,
  createAsk,
  dpop,
  dpopProof,
  gateway,
  issuerKey,
  svid,
  svidKey,
} from '../../support/world.ts'
import { refusesOnly } from '../../support/twin.ts'
import { noon } from '../../support/clock.ts'

type Row = readonly [name: string, twin: () => Ask, defect: () => Ask, code: Code, clause: string]

const at = Math.trunc(noon / 1000)
const withSvid = (changes: Parameters<typeof svid>[0] = {}) => createAsk({ headers: bearer(svid(changes)) })
const withToken = (changes: Parameters<typeof accessToken>[0] = {}) =>
  createAsk({ headers: bearer(accessToken(changes)) })
const withProof = (changes: Parameters<typeof dpopProof>[1] = {}) => {
  const token = boundToken()
  return createAsk({ headers: dpop(token, dpopProof(token, changes)) })
}
const vouching = { ...gateway, vouch: { peerCertificate: true } }

const evidence: readonly Row[] = [
  [
    'two Authorization values',
    withSvid,
    () => createAsk({ headers: { authorization: [`Bearer ${svid()}`, `Bearer ${svid()}`] } }),
    'CREDENTIAL_AMBIGUOUS',
    'rfc9110-11.6.2-one-authorization',
  ],
  [
    'two Authorization values joined by a comma',
    withSvid,
    () => createAsk({ headers: { authorization: `Bearer ${svid()}, Bearer ${svid()}` } }),
    'CREDENTIAL_AMBIGUOUS',
    'rfc9110-11.6.2-one-authorization',
  ],
  [
    'two DPoP values',
    withProof,
    () => {
      const token = boundToken()
      return createAsk({ headers: dpop(token, [dpopProof(token), dpopProof(token)]) })
    },
    'CREDENTIAL_AMBIGUOUS',
    'rfc9449-4.3.1-one-proof',
  ],
  [
    'two DPoP values joined by a comma',
    withProof,
    () => {
      const token = boundToken()
      return createAsk({ headers: dpop(token, `${dpopProof(token)}, ${dpopProof(token)}`) })
    },
    'CREDENTIAL_AMBIGUOUS',
    'rfc9449-4.3.1-one-proof',
  ],
  ['no evidence', withSvid, () => createAsk(), 'CREDENTIAL_MISSING', 'identity-required'],
  [
    'a proof without a credential',
    withProof,
    () => createAsk({ headers: { dpop: dpopProof(boundToken()) } }),
    'CREDENTIAL_MISSING',
    'evidence-proof-without-credential',
  ],
  [
    'a scheme without a token',
    withSvid,
    () => createAsk({ headers: { authorization: 'Bearer' } }),
    'CREDENTIAL_MALFORMED',
    'rfc9110-11.4-authorization-form',
  ],
  [
    'two spaces after the scheme',
    withSvid,
    () => createAsk({ headers: { authorization: `Bearer  ${svid()}` } }),
    'CREDENTIAL_MALFORMED',
    'rfc9110-11.4-authorization-form',
  ],
  [
    'scheme Negotiate',
    withSvid,
    () => createAsk({ headers: { authorization: 'Negotiate b3JkZXJzOnNlY3JldA==' } }),
    'CREDENTIAL_UNSUPPORTED',
    'evidence-scheme-supported',
  ],
  [
    'an opaque token',
    withSvid,
    () => createAsk({ headers: bearer('opaque-token') }),
    'CREDENTIAL_REFUSED',
    'rfc7662-2.2-active',
  ],
  [
    'an API key beside a token',
    withSvid,
    () => createAsk({ headers: { ...bearer(svid()), 'x-api-key': 'sp_1' } }),
    'CREDENTIAL_UNSUPPORTED',
    'select-key',
  ],
  [
    'a signature without its input',
    withSvid,
    () => createAsk({ headers: { ...bearer(svid()), signature: 'sig=:AA==:' } }),
    'PROOF_INVALID',
    'rfc9421-4-signature-with-input',
  ],
  [
    'the input of a signature without it',
    withSvid,
    () => createAsk({ headers: { ...bearer(svid()), 'signature-input': 'sig=()' } }),
    'PROOF_INVALID',
    'rfc9421-4-signature-with-input',
  ],
  [
    'a signature beside a token that is bound to no key',
    withSvid,
    () => createAsk({ headers: { ...bearer(svid()), signature: 'sig=:AA==:', 'signature-input': 'sig=()' } }),
    'PROOF_INVALID',
    'proof-of-a-presented-token',
  ],
  [
    'a forwarded certificate from nobody',
    withSvid,
    () => createAsk({ headers: { ...bearer(svid()), 'x-forwarded-client-cert': 'Hash=00' } }),
    'VOUCH_REFUSED',
    'hop-rule-forwarded-certificate',
  ],
  [
    'a Client-Cert header',
    withSvid,
    () => createAsk({ headers: { ...bearer(svid()), 'client-cert': ':AA==:' } }),
    'VOUCH_REFUSED',
    'hop-rule-forwarded-certificate',
  ],
  [
    'a certificate of a PEP that may not vouch',
    withSvid,
    () => createAsk({ headers: bearer(svid()), certificate: 'PEM' }),
    'VOUCH_REFUSED',
    'hop-rule-vouch-peer-certificate',
  ],
  [
    'a certificate that is none',
    () => createAsk({ headers: bearer(svid()), pep: vouching }),
    () => createAsk({ headers: bearer(svid()), certificate: 'PEM', pep: vouching }),
    'CREDENTIAL_MALFORMED',
    'rfc7468-5-certificate',
  ],
  [
    'an unknown type in the body',
    () => createAsk({ credentials: [{ type: 'bearer', token: svid() }] }),
    () => createAsk({ credentials: [{ type: 'saml', token: svid() }] }),
    'CREDENTIAL_UNSUPPORTED',
    'evidence-body-type',
  ],
  [
    'two credentials of one type in the body',
    () => createAsk({ credentials: [{ type: 'bearer', token: svid() }] }),
    () =>
      createAsk({
        credentials: [
          { type: 'bearer', token: svid() },
          { type: 'bearer', token: svid() },
        ],
      }),
    'CREDENTIAL_AMBIGUOUS',
    'evidence-one-value-per-slot',
  ],
]

const selection: readonly Row[] = [
  [
    'an issuer that is not configured',
    withToken,
    () => withToken({ claims: { iss: 'https://evil.example' } }),
    'ISSUER_UNKNOWN',
    'select-issuer',
  ],
  [
    'an issuer that differs by a slash',
    withToken,
    () => withToken({ claims: { iss: 'https://login.example.org/' } }),
    'ISSUER_UNKNOWN',
    'select-issuer',
  ],
  [
    'no issuer',
    withToken,
    () => withToken({ claims: { iss: undefined } }),
    'CREDENTIAL_MALFORMED',
    'rfc7519-4.1.1-issuer-present',
  ],
  [
    'another trust domain',
    withSvid,
    () => withSvid({ claims: { sub: 'spiffe://staging.example/ns/shop/sa/checkout' } }),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'an OAuth token whose sub is a SPIFFE ID of ours',
    withToken,
    () => withToken({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/checkout' } }),
    'CREDENTIAL_REFUSED',
    'rfc8725-3.11-typ',
  ],
  [
    'an OAuth token whose sub is a SPIFFE ID of another domain',
    withToken,
    () => withToken({ claims: { sub: 'spiffe://evil.example/a' } }),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
]

const jwtSvid: readonly Row[] = [
  [
    'a stranger signed it',
    withSvid,
    () => withSvid({ key: strangerKey, header: { kid: svidKey.jwk.kid } }),
    'SIGNATURE_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'a key nobody has',
    withSvid,
    () => withSvid({ header: { kid: 'other' } }),
    'KEY_UNKNOWN',
    'rfc7515-4.1.4-kid-known',
  ],
  [
    'no kid',
    withSvid,
    () => withSvid({ header: { kid: undefined } }),
    'CREDENTIAL_MALFORMED',
    'jwt-svid-2.2-kid-present',
  ],
  [
    'the OAuth issuer signed it',
    withSvid,
    () => withSvid({ key: issuerKey, header: { kid: svidKey.jwk.kid } }),
    'SIGNATURE_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'EdDSA',
    withSvid,
    () => withSvid({ header: { alg: 'EdDSA' } }),
    'SIGNATURE_INVALID',
    'rfc8725-3.1-algorithm-accepted',
  ],
  [
    'alg none',
    withSvid,
    () => withSvid({ header: { alg: 'none' } }),
    'CREDENTIAL_MALFORMED',
    'rfc8725-3.1-alg-accepted',
  ],
  ['HS256', withSvid, () => withSvid({ header: { alg: 'HS256' } }), 'CREDENTIAL_MALFORMED', 'rfc8725-3.1-alg-accepted'],
  ['typ at+jwt', withSvid, () => withSvid({ header: { typ: 'at+jwt' } }), 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
  ['typ dpop+jwt', withSvid, () => withSvid({ header: { typ: 'dpop+jwt' } }), 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
  [
    'another header member',
    withSvid,
    () => withSvid({ header: { cty: 'JWT' } }),
    'CREDENTIAL_REFUSED',
    'jwt-svid-2-header',
  ],
  [
    'the trust domain itself as subject',
    withSvid,
    () => withSvid({ claims: { sub: 'spiffe://prod.example' } }),
    'CREDENTIAL_REFUSED',
    'spiffe-id-2.2-workload-path',
  ],
  [
    'dot segments in the subject',
    withSvid,
    () => withSvid({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/..' } }),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  [
    'percent-encoding in the subject',
    withSvid,
    () => withSvid({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/%63' } }),
    'CREDENTIAL_MALFORMED',
    'spiffe-id-2.2-path',
  ],
  [
    'a path of another shape',
    withSvid,
    () => withSvid({ claims: { sub: 'spiffe://prod.example/checkout' } }),
    'CREDENTIAL_REFUSED',
    'spiffe-path-template',
  ],
  [
    'a path longer than its shape',
    withSvid,
    () => withSvid({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/checkout/x' } }),
    'CREDENTIAL_REFUSED',
    'spiffe-path-template',
  ],
  [
    'another service as audience',
    withSvid,
    () => withSvid({ claims: { aud: 'https://billing.example.org' } }),
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud',
  ],
  [
    'an audience with a trailing slash',
    withSvid,
    () => withSvid({ claims: { aud: 'https://orders.example.org/' } }),
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud',
  ],
  [
    'an audience that begins with ours',
    withSvid,
    () => withSvid({ claims: { aud: 'https://orders.example.organic' } }),
    'AUDIENCE_REFUSED',
    'rfc7519-4.1.3-aud',
  ],
  ['no audience', withSvid, () => withSvid({ claims: { aud: undefined } }), 'AUDIENCE_REFUSED', 'rfc7519-4.1.3-aud'],
  ['no exp', withSvid, () => withSvid({ claims: { exp: undefined } }), 'CREDENTIAL_REFUSED', 'rfc7519-4.1.4-exp'],
  [
    'exp has passed',
    withSvid,
    () => withSvid({ claims: { iat: at - 600, exp: at - 31 } }),
    'EXPIRED',
    'rfc7519-4.1.4-exp',
  ],
  [
    'exp in milliseconds',
    withSvid,
    () => withSvid({ claims: { exp: (at + 300) * 1000 } }),
    'CREDENTIAL_MALFORMED',
    'rfc7519-2-numeric-date',
  ],
  [
    'exp as text',
    withSvid,
    () => withSvid({ claims: { exp: `${at + 300}` } }),
    'CREDENTIAL_MALFORMED',
    'rfc7519-2-numeric-date',
  ],
  [
    'nbf in the future',
    () => withSvid({ claims: { nbf: at } }),
    () => withSvid({ claims: { nbf: at + 31 } }),
    'NOT_YET_VALID',
    'rfc7519-4.1.5-nbf',
  ],
  ['iat in the future', withSvid, () => withSvid({ claims: { iat: at + 31 } }), 'NOT_YET_VALID', 'rfc7519-4.1.6-iat'],
  ['too long a life', withSvid, () => withSvid({ claims: { exp: at + 3_601 } }), 'CREDENTIAL_REFUSED', 'jwt-lifetime'],
  [
    'too long a life without iat',
    () => withSvid({ claims: { iat: undefined } }),
    () => withSvid({ claims: { iat: undefined, exp: at + 3_700 } }),
    'CREDENTIAL_REFUSED',
    'jwt-lifetime',
  ],
]

const issuerJwt: readonly Row[] = [
  [
    'a stranger signed it',
    withToken,
    () => withToken({ key: strangerKey, header: { kid: issuerKey.jwk.kid } }),
    'SIGNATURE_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'the trust domain signed it',
    withToken,
    () => withToken({ key: svidKey, header: { kid: issuerKey.jwk.kid } }),
    'SIGNATURE_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'an algorithm not taken from this issuer',
    withToken,
    () => withToken({ header: { alg: 'ES384' } }),
    'SIGNATURE_INVALID',
    'rfc8725-3.1-algorithm-accepted',
  ],
  [
    'a proof as a token',
    withToken,
    () => withToken({ header: { typ: 'dpop+jwt' } }),
    'CREDENTIAL_REFUSED',
    'issuer-jwt-profile-typ',
  ],
  [
    'a logout token',
    withToken,
    () => withToken({ header: { typ: 'logout+jwt' } }),
    'CREDENTIAL_REFUSED',
    'issuer-jwt-profile-typ',
  ],
  [
    'an access token without client_id',
    withToken,
    () => withToken({ claims: { client_id: undefined } }),
    'CREDENTIAL_REFUSED',
    'rfc9068-2.2-required-claims',
  ],
  [
    'an access token without jti',
    withToken,
    () => withToken({ claims: { jti: undefined } }),
    'CREDENTIAL_REFUSED',
    'rfc9068-2.2-required-claims',
  ],
  [
    'an access token without iat',
    withToken,
    () => withToken({ claims: { iat: undefined } }),
    'CREDENTIAL_REFUSED',
    'rfc7519-4.1.6-iat',
  ],
  [
    'an empty sub',
    withToken,
    () => withToken({ claims: { sub: '' } }),
    'CREDENTIAL_REFUSED',
    'rfc9068-2.2-required-claims',
  ],
  [
    'act that is no object',
    () => withToken({ claims: { act: { sub: 'agent' } } }),
    () => withToken({ claims: { act: 'agent' } }),
    'CREDENTIAL_MALFORMED',
    'rfc8693-4.1-act-form',
  ],
  [
    'act without sub',
    () => withToken({ claims: { act: { sub: 'agent' } } }),
    () => withToken({ claims: { act: {} } }),
    'CREDENTIAL_MALFORMED',
    'rfc8693-4.1-act-form',
  ],
  [
    'act of another issuer',
    () => withToken({ claims: { act: { sub: 'agent' } } }),
    () => withToken({ claims: { act: { sub: 'agent', iss: 'https://evil.example' } } }),
    'CREDENTIAL_REFUSED',
    'rfc8693-4.1-act-form',
  ],
  [
    'act that names a SPIFFE ID',
    () => withToken({ claims: { act: { sub: 'agent' } } }),
    () => withToken({ claims: { act: { sub: 'spiffe://prod.example/a' } } }),
    'CREDENTIAL_REFUSED',
    'subject-spiffe-only-from-svid',
  ],
  [
    'act nested five deep',
    () => withToken({ claims: { act: nested(4) } }),
    () => withToken({ claims: { act: nested(5) } }),
    'CREDENTIAL_REFUSED',
    'rfc8693-4.1-act-depth',
  ],
  [
    'cnf of an unknown kind',
    withProof,
    () => withToken({ claims: { cnf: { kid: 'client-1' } } }),
    'CREDENTIAL_REFUSED',
    'rfc7800-3.1-cnf-member',
  ],
  [
    'cnf with a jwk that is no object',
    withProof,
    () => withToken({ claims: { cnf: { jwk: 'client-1' } } }),
    'CREDENTIAL_MALFORMED',
    'rfc7800-3.2-cnf-jwk',
  ],
  [
    'cnf with a private jwk',
    withProof,
    () => withToken({ claims: { cnf: { jwk: { ...clientKey.jwk, d: 'AAAA' } } } }),
    'CREDENTIAL_REFUSED',
    'rfc7517-9.3-private-member',
  ],
  [
    'a token that holds its key, without a signature',
    withProof,
    () => withToken({ claims: { cnf: { jwk: clientKey.jwk } } }),
    'PROOF_REQUIRED',
    'rfc7800-3.2-signature-present',
  ],
  [
    'cnf that is no object',
    withProof,
    () => withToken({ claims: { cnf: clientKey.thumbprint } }),
    'CREDENTIAL_MALFORMED',
    'rfc7800-3-cnf-form',
  ],
  [
    'cnf with two members',
    withProof,
    () => withToken({ claims: { cnf: { jkt: clientKey.thumbprint, kid: '1' } } }),
    'CREDENTIAL_MALFORMED',
    'rfc7800-3-cnf-form',
  ],
  [
    'cnf of a wrong length',
    withProof,
    () => withToken({ claims: { cnf: { jkt: 'short' } } }),
    'CREDENTIAL_MALFORMED',
    'rfc7800-3-cnf-form',
  ],
]

function nested(depth: number): object {
  return depth === 1 ? { sub: 'actor-1' } : { sub: `actor-${depth}`, act: nested(depth - 1) }
}

const { kid: _, ...clientJwk } = clientKey.jwk

const proofs: readonly Row[] = [
  [
    'no proof for scheme DPoP',
    withProof,
    () => createAsk({ headers: { authorization: `DPoP ${boundToken()}` } }),
    'PROOF_REQUIRED',
    'rfc9449-7.1-proof-present',
  ],
  [
    'a bound token as bearer',
    withProof,
    () => createAsk({ headers: bearer(boundToken()) }),
    'PROOF_REQUIRED',
    'rfc9449-7.2-bound-token-as-bearer',
  ],
  [
    'a bound token as bearer, with its proof',
    withProof,
    () => {
      const token = boundToken()
      return createAsk({ headers: { ...dpop(token), ...bearer(token) } })
    },
    'PROOF_REQUIRED',
    'rfc9449-7.2-bound-token-as-bearer',
  ],
  [
    'scheme DPoP with an unbound token',
    withProof,
    () => {
      const token = accessToken()
      return createAsk({ headers: dpop(token) })
    },
    'PROOF_INVALID',
    'rfc9449-7.1-token-bound',
  ],
  [
    'a proof over an unbound bearer token',
    withToken,
    () => {
      const token = accessToken()
      return createAsk({ headers: { ...dpop(token), ...bearer(token) } })
    },
    'PROOF_INVALID',
    'rfc9449-7.1-proof-without-bound-token',
  ],
  [
    'a token bound to a certificate, as bearer',
    withToken,
    () => withToken({ claims: { cnf: { 'x5t#S256': clientKey.thumbprint } } }),
    'PROOF_REQUIRED',
    'rfc8705-3-certificate-present',
  ],
  ['typ jwt', withProof, () => withProof({ header: { typ: 'JWT' } }), 'PROOF_INVALID', 'rfc8725-3.11-typ'],
  ['no jwk', withProof, () => withProof({ header: { jwk: undefined } }), 'PROOF_INVALID', 'rfc9449-4.3.5-jwk'],
  [
    'jwk with its private part',
    withProof,
    () => withProof({ header: { jwk: { ...clientJwk, d: 'AAAA' } } }),
    'PROOF_INVALID',
    'rfc7517-9.3-private-member',
  ],
  [
    'another key than the one it names',
    withProof,
    () => withProof({ key: strangerKey, header: { jwk: clientJwk } }),
    'PROOF_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'a proof of a stranger',
    withProof,
    () => withProof({ key: strangerKey }),
    'PROOF_INVALID',
    'rfc9449-4.3.12-key-of-token',
  ],
  ['alg none', withProof, () => withProof({ header: { alg: 'none' } }), 'PROOF_INVALID', 'rfc8725-3.1-alg-accepted'],
  ['alg HS256', withProof, () => withProof({ header: { alg: 'HS256' } }), 'PROOF_INVALID', 'rfc8725-3.1-alg-accepted'],
  ['another method', withProof, () => withProof({ claims: { htm: 'POST' } }), 'PROOF_INVALID', 'rfc9449-4.3.8-htm'],
  [
    'the method in lower case',
    withProof,
    () => withProof({ claims: { htm: 'get' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.8-htm',
  ],
  ['no htm', withProof, () => withProof({ claims: { htm: undefined } }), 'PROOF_INVALID', 'rfc9449-4.3.8-htm'],
  [
    'another path',
    withProof,
    () => withProof({ claims: { htu: 'https://orders.example.org/v1/orders/43' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'a path that begins with ours',
    withProof,
    () => withProof({ claims: { htu: 'https://orders.example.org/v1/orders/42/x' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'another origin',
    withProof,
    () => withProof({ claims: { htu: 'https://billing.example.org/v1/orders/42' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'http',
    withProof,
    () => withProof({ claims: { htu: 'http://orders.example.org/v1/orders/42' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'another port',
    withProof,
    () => withProof({ claims: { htu: 'https://orders.example.org:8443/v1/orders/42' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'dot segments in htu',
    withProof,
    () => withProof({ claims: { htu: 'https://orders.example.org/v1/x/../orders/42' } }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'the origin the request came to, not the service’s',
    () => {
      const token = boundToken()
      return createAsk({ url: 'http://10.0.0.7:8080/v1/orders/42', headers: dpop(token) })
    },
    () => {
      const token = boundToken()
      return createAsk({
        url: 'http://10.0.0.7:8080/v1/orders/42',
        headers: dpop(token, dpopProof(token, { claims: { htu: 'http://10.0.0.7:8080/v1/orders/42' } })),
      })
    },
    'PROOF_INVALID',
    'rfc9449-4.3.9-htu',
  ],
  [
    'a proof without a request to compare',
    withProof,
    () => createAsk({ headers: dpop(boundToken()), withoutRequest: true }),
    'PROOF_INVALID',
    'rfc9449-4.3.9-request-known',
  ],
  ['iat too old', withProof, () => withProof({ claims: { iat: at - 66 } }), 'PROOF_INVALID', 'jwt-age'],
  ['iat in the future', withProof, () => withProof({ claims: { iat: at + 6 } }), 'PROOF_INVALID', 'rfc7519-4.1.6-iat'],
  ['no iat', withProof, () => withProof({ claims: { iat: undefined } }), 'PROOF_INVALID', 'rfc7519-4.1.6-iat'],
  ['no ath', withProof, () => withProof({ claims: { ath: undefined } }), 'PROOF_INVALID', 'rfc9449-4.3.12-ath'],
  [
    'a proof for another token of the same key',
    withProof,
    () => createAsk({ headers: dpop(boundToken(), dpopProof(boundToken({ claims: { jti: 'at-2' } }))) }),
    'PROOF_INVALID',
    'rfc9449-4.3.12-ath',
  ],
  ['no jti', withProof, () => withProof({ claims: { jti: undefined } }), 'PROOF_INVALID', 'rfc9449-4.3.3-jti'],
  ['an empty jti', withProof, () => withProof({ claims: { jti: '' } }), 'PROOF_INVALID', 'rfc9449-4.3.3-jti'],
  [
    'a jti of 257 characters',
    () => withProof({ claims: { jti: 'j'.repeat(256) } }),
    () => withProof({ claims: { jti: 'j'.repeat(257) } }),
    'PROOF_INVALID',
    'rfc9449-4.3.3-jti',
  ],
]

const joins: readonly Row[] = [
  [
    'two credentials of two subjects',
    () => createAsk({ credentials: [{ type: 'bearer', token: accessToken() }] }),
    () => createAsk({ credentials: [{ type: 'bearer', token: accessToken() }], headers: bearer(svid()) }),
    'CREDENTIAL_CONFLICT',
    'join-one-subject',
  ],
]

describe.each([
  ['evidence', evidence],
  ['selection', selection],
  ['JWT-SVID', jwtSvid],
  ['issuer JWT', issuerJwt],
  ['DPoP', proofs],
  ['joining', joins],
])('%s refuses', (_name, rows) => {
  test.each(rows)('%s', async (_defect, twin, defect, code, clause) => {
    await refusesOnly(createFirstGate(), twin(), defect(), { code, clause })
  })
})

describe('htu is compared as RFC 3986 §6.2 says', () => {
  test.each([
    ['upper-case host', 'https://ORDERS.example.org/v1/orders/42'],
    ['default port', 'https://orders.example.org:443/v1/orders/42'],
    ['escaped unreserved character', 'https://orders.example.org/v1/%6Frders/42'],
    ['query and fragment ignored', 'https://orders.example.org/v1/orders/42?a=b#c'],
  ])('%s', async (_name, htu) => {
    const gate = createFirstGate()
    const refused = withProof({ claims: { htu: 'https://orders.example.org/v1/other' } })
    await refusesOnly(gate, withProof({ claims: { htu } }), refused, {
      code: 'PROOF_INVALID',
      clause: 'rfc9449-4.3.9-htu',
    })
  })
})
