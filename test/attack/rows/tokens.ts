import { createHmac, sign } from 'node:crypto'
import type { Instant } from '../../../pdp/core/time.ts'
import { signJwt } from '../../support/keys.ts'
import {
  accessToken,
  bearer,
  checkout,
  dpopProof,
  oauthIssuer,
  strangerKey,
  svid,
  svidKey,
  type TokenChanges,
  wit,
} from '../../support/world.ts'
import { type Attack, family, type Presented } from '../attack.ts'

// Attacks that are tokens and nothing else: JWT-SVIDs, which say who calls and for whom they are meant.

const audience = 'https://orders.example.org'
const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
const epoch = (now: Instant) => Math.trunc(now / 1000)

const plain = (now: Instant): Presented => ({ headers: bearer(svid({ now })) })
const changed = (changes: TokenChanges) => (now: Instant) => ({ headers: bearer(svid({ ...changes, now })) })
const presents = (text: (now: Instant) => string) => (now: Instant) => ({ headers: bearer(text(now)) })
const claim = (claims: (now: number) => Readonly<Record<string, unknown>>) => (now: Instant) => ({
  headers: bearer(svid({ now, claims: claims(epoch(now)) })),
})

const claimsOf = (now: Instant) => ({ sub: checkout, aud: [audience], iat: epoch(now), exp: epoch(now) + 300 })
const headerOf = { alg: 'ES256', typ: 'JWT', kid: 'svid-1' }

/** A token without a signature, for an algorithm of that name. */
const unsigned = (alg: string) => presents((now) => `${encode({ ...headerOf, alg })}.${encode(claimsOf(now))}.`)

/** A token under an HMAC with what everyone knows, such as the public key in one of its forms. */
const underSecret = (secret: string | Buffer, kid = headerOf.kid) =>
  presents((now) => {
    const input = `${encode({ ...headerOf, alg: 'HS256', kid })}.${encode(claimsOf(now))}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  })

/** A token with parts of the very texts given, signed with the right key. */
const signedTexts = (header: (text: string) => string, claims: (text: string, now: number) => string) =>
  presents((now) =>
    signJwt(svidKey, header(JSON.stringify(headerOf)), claims(JSON.stringify(claimsOf(now)), epoch(now))),
  )
const asIs = (text: string) => text
const withMember = (member: string) => (text: string) => `{${member},${text.slice(1)}`

const withSignature = (make: (token: string) => Buffer | string) =>
  presents((now) => {
    const token = svid({ now })
    const signature = make(token)
    const text = typeof signature === 'string' ? signature : signature.toString('base64url')
    return `${token.slice(0, token.lastIndexOf('.'))}.${text}`
  })

/** A token by a key that its header brings along. */
const byOwnKey = (header: Readonly<Record<string, unknown>>) =>
  changed({ key: strangerKey, header: { kid: svidKey.jwk.kid, ...header } })

const publicPem = svidKey.verification.key.export({ type: 'spki', format: 'pem' }).toString()
const publicDer = svidKey.verification.key.export({ type: 'spki', format: 'der' })
const { kid: _, ...strangerJwk } = strangerKey.jwk
const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
const half = (token: string, at: 0 | 32) => Buffer.from(token.split('.')[2] ?? '', 'base64url').subarray(at, at + 32)

const serialized = (make: (token: readonly string[]) => unknown) => (now: Instant) => ({
  credentials: [{ type: 'bearer', token: JSON.stringify(make(svid({ now }).split('.'))) }],
})

const malformed = 'CREDENTIAL_MALFORMED'
const [algorithm, segments, notAKey] = ['rfc8725-3.1-alg-accepted', 'rfc7515-7.1-segments', 'select-key']
const [signature, times, audiences] = ['rfc7515-5.2-signature', 'rfc7519-2-numeric-date', 'rfc7519-4.1.3-aud']

/** Tokens that nobody signed who may: made by whoever can read a token or a public key. */
export const forgedTokens: readonly Attack[] = family(plain, 'token', [
  ['alg-none', 'alg none', 'CVE-2015-9235', unsigned('none'), malformed, segments],
  ['alg-none-mixed-case', 'alg nOnE', 'CVE-2015-9235', unsigned('nOnE'), malformed, segments],
  ['alg-none-upper-case', 'alg NONE', 'CVE-2015-9235', unsigned('NONE'), malformed, segments],
  ['signature-empty', 'an empty signature', 'RFC 7515 §7.1', withSignature(() => ''), malformed, segments],
  [
    'two-segments',
    'two segments',
    'RFC 7515 §7.1',
    presents((now) => svid({ now }).split('.').slice(0, 2).join('.')),
    'CREDENTIAL_UNSUPPORTED',
    notAKey,
  ],
  [
    'json-unprotected-alg',
    'alg in an unprotected header',
    'GHSA-jc38-x7x8-2xc8',
    serialized(([, payload, signature]) => ({ header: { alg: 'none' }, payload, signature })),
    'CREDENTIAL_UNSUPPORTED',
    notAKey,
  ],
  ['hmac-pem', 'HS256 with the public key as PEM', 'CVE-2016-10555', underSecret(publicPem), malformed, algorithm],
  ['hmac-der', 'HS256 with the public key as DER', 'CVE-2023-48223', underSecret(publicDer), malformed, algorithm],
  [
    'hmac-blank-pem',
    'HS256 with the public key as PEM after a blank',
    'CVE-2026-34950',
    underSecret(` ${publicPem}`),
    malformed,
    algorithm,
  ],
  [
    'hmac-jwk',
    'HS256 with the public key as JWK',
    'CVE-2016-10555',
    underSecret(JSON.stringify(svidKey.jwk)),
    malformed,
    algorithm,
  ],
  ['jwk-header', 'a key in jwk', 'CVE-2018-0114', byOwnKey({ jwk: strangerJwk }), malformed, 'rfc7515-4.1.3-jwk'],
  [
    'jku-header',
    'a place of keys in jku',
    'RFC 8725 §3.10',
    byOwnKey({ jku: 'https://evil.example/keys' }),
    malformed,
    'rfc7515-4.1.2-jku',
  ],
  [
    'x5u-header',
    'a place of certificates in x5u',
    'RFC 8725 §3.10',
    byOwnKey({ x5u: 'https://evil.example/chain' }),
    malformed,
    'rfc7515-4.1.5-x5u',
  ],
  ['x5c-header', 'certificates in x5c', 'RFC 8725 §3.10', byOwnKey({ x5c: ['AA=='] }), malformed, 'rfc7515-4.1.6-x5c'],
  ['own-key', 'another key under the kid of ours', 'RFC 7515 §5.2', byOwnKey({}), 'SIGNATURE_INVALID', signature],
  [
    'ecdsa-zero',
    'r = s = 0',
    'CVE-2022-21449',
    withSignature(() => Buffer.alloc(64)),
    'SIGNATURE_INVALID',
    'rfc7518-3-signature-form',
  ],
  [
    'ecdsa-order',
    'r = s = n',
    'CVE-2022-21449',
    withSignature(() => Buffer.concat([order, order])),
    'SIGNATURE_INVALID',
    'rfc7518-3-signature-form',
  ],
  [
    'ecdsa-s-zero',
    's = 0',
    'CVE-2022-21449',
    withSignature((token) => Buffer.concat([half(token, 0), Buffer.alloc(32)])),
    'SIGNATURE_INVALID',
    'rfc7518-3-signature-form',
  ],
  [
    'jwe-zip',
    'a compressed JWE of five segments',
    'CVE-2024-28176',
    presents(() => `${encode({ alg: 'dir', enc: 'A128GCM', zip: 'DEF' })}..AA.AA.AA`),
    'CREDENTIAL_UNSUPPORTED',
    notAKey,
  ],
  [
    'cache-same-claims',
    'the claims of a token just accepted, another signature',
    'GHSA-rp9m-7r4c-75qg',
    (now) => {
      const token = svid({ now })
      const other = svid({ now, key: strangerKey, header: { kid: svidKey.jwk.kid } })
      const [header, claims] = token.split('.')
      return [{ headers: bearer(token) }, { headers: bearer(`${header}.${claims}.${other.split('.')[2]}`) }]
    },
    'SIGNATURE_INVALID',
    signature,
  ],
  [
    'cache-same-signature',
    'the signature of a token just accepted, other claims',
    'GHSA-rp9m-7r4c-75qg',
    (now) => {
      const token = svid({ now })
      const [header, , good] = token.split('.')
      const claims = encode({ ...claimsOf(now), exp: epoch(now) + 301 })
      return [{ headers: bearer(token) }, { headers: bearer(`${header}.${claims}.${good}`) }]
    },
    'SIGNATURE_INVALID',
    signature,
  ],
  [
    'kid-path-hmac',
    'HS256 with the content of the file that kid names',
    'RFC 8725 §2.6',
    underSecret('', '../../dev/null'),
    malformed,
    algorithm,
  ],
  [
    'kid-sql-hmac',
    'HS256 with the answer of the query that kid makes',
    'RFC 8725 §2.6',
    underSecret('k', "' UNION SELECT 'k' --"),
    malformed,
    algorithm,
  ],
])

/**
 * Tokens that their issuer signed, or that were signed so and then written differently: not well-formed, or not for this
 * use. They need an issuer that errs or is misled; to accept one is laxness, and not yet a forgery.
 */
export const signedTokens: readonly Attack[] = family(plain, 'token', [
  [
    'alg-none-signed',
    'alg none with a signature',
    'CVE-2015-9235',
    changed({ header: { alg: 'none' } }),
    malformed,
    algorithm,
  ],
  [
    'json-flattened',
    'the JSON serialization',
    'RFC 7515 §7.2',
    serialized(([header, payload, signature]) => ({ protected: header, payload, signature })),
    'CREDENTIAL_UNSUPPORTED',
    notAKey,
  ],
  [
    'kid-path',
    'a path as kid',
    'RFC 8725 §2.6',
    changed({ header: { kid: '../../dev/null' } }),
    'KEY_UNKNOWN',
    'rfc7515-4.1.4-kid-known',
  ],
  [
    'kid-sql',
    'SQL as kid',
    'RFC 8725 §2.6',
    changed({ header: { kid: "' UNION SELECT 'k' --" } }),
    'KEY_UNKNOWN',
    'rfc7515-4.1.4-kid-known',
  ],
  [
    'kid-prototype',
    'a member of Object.prototype as kid',
    'RFC 8725 §2.6',
    changed({ header: { kid: '__proto__' } }),
    'KEY_UNKNOWN',
    'rfc7515-4.1.4-kid-known',
  ],
  [
    'kid-huge',
    'a kid of 2 KB',
    'RFC 8725 §2.6',
    changed({ header: { kid: 'k'.repeat(2_048) } }),
    malformed,
    'rfc7515-4.1.4-kid',
  ],
  [
    'ecdsa-der',
    'a good signature as DER',
    'RFC 7518 §3.4',
    withSignature((token) => sign('sha256', Buffer.from(token.slice(0, token.lastIndexOf('.'))), svidKey.privateKey)),
    'SIGNATURE_INVALID',
    'rfc7518-3-signature-form',
  ],
  [
    'crit-unknown',
    'an unknown extension in crit',
    'GHSA-hm7r-c7qw-ghp6',
    changed({ header: { crit: ['x'], x: true } }),
    malformed,
    'rfc7515-4.1.11-crit',
  ],
  [
    'crit-empty',
    'an empty crit',
    'RFC 7515 §4.1.11',
    changed({ header: { crit: [] } }),
    malformed,
    'rfc7515-4.1.11-crit',
  ],
  [
    'crit-no-list',
    'a crit that is no list',
    'RFC 7515 §4.1.11',
    changed({ header: { crit: 'x', x: true } }),
    malformed,
    'rfc7515-4.1.11-crit',
  ],
  [
    'crit-repeated',
    'a crit that names one twice',
    'RFC 7515 §4.1.11',
    changed({ header: { crit: ['x', 'x'], x: true } }),
    malformed,
    'rfc7515-4.1.11-crit',
  ],
  [
    'b64-false',
    'an unencoded payload',
    'RFC 7797 §6',
    changed({ header: { b64: false, crit: ['b64'] } }),
    malformed,
    'rfc7515-4.1.11-crit',
  ],
  [
    'p2c-huge',
    'p2c of 2^31',
    'CVE-2022-36083',
    changed({ header: { alg: 'PBES2-HS256+A128KW', p2c: 2 ** 31 - 1, p2s: 'AA', enc: 'A128GCM' } }),
    malformed,
    'rfc7516-4.1-encrypted',
  ],
  [
    'duplicate-alg',
    'alg twice in the header',
    'RFC 8725 §2.4',
    signedTexts(withMember('"alg":"none"'), asIs),
    malformed,
    'json-duplicate-key',
  ],
  [
    'duplicate-sub',
    'sub twice in the claims',
    'RFC 7519 §4',
    signedTexts(asIs, withMember('"sub":"spiffe://prod.example/ns/shop/sa/payments"')),
    malformed,
    'json-duplicate-key',
  ],
  [
    'proto-claim',
    '__proto__ among the claims',
    'CWE-1321',
    signedTexts(asIs, withMember('"__proto__":{"admin":true}')),
    malformed,
    'json-proto-key',
  ],
  [
    'base64-padding',
    'padding after a segment',
    'RFC 7515 §2',
    presents((now) => `${svid({ now })}==`),
    malformed,
    'rfc7515-2-base64url',
  ],
  [
    'aud-other',
    'the audience of another service',
    'RFC 7519 §4.1.3',
    changed({ claims: { aud: 'https://billing.example.org' } }),
    'AUDIENCE_REFUSED',
    audiences,
  ],
  [
    'aud-absent',
    'no audience',
    'RFC 8725 §3.9',
    changed({ claims: { aud: undefined } }),
    'AUDIENCE_REFUSED',
    audiences,
  ],
  [
    'aud-empty',
    'an empty list of audiences',
    'RFC 7519 §4.1.3',
    changed({ claims: { aud: [] } }),
    'AUDIENCE_REFUSED',
    audiences,
  ],
  [
    'aud-slash',
    'our audience with a slash',
    'RFC 8725 §3.9',
    changed({ claims: { aud: `${audience}/` } }),
    'AUDIENCE_REFUSED',
    audiences,
  ],
  [
    'aud-upper-case',
    'our audience in capitals',
    'RFC 8725 §3.9',
    changed({ claims: { aud: audience.toUpperCase() } }),
    'AUDIENCE_REFUSED',
    audiences,
  ],
  [
    'aud-prefix',
    'an audience that begins with ours',
    'RFC 8725 §3.9',
    changed({ claims: { aud: `${audience}.evil.example` } }),
    'AUDIENCE_REFUSED',
    audiences,
  ],
  [
    'exp-absent',
    'no exp',
    'SPIRE 1.12.3',
    changed({ claims: { exp: undefined } }),
    'CREDENTIAL_REFUSED',
    'rfc7519-4.1.4-exp',
  ],
  ['exp-null', 'exp null', 'RFC 7519 §2', changed({ claims: { exp: null } }), malformed, times],
  ['exp-text', 'exp as text', 'RFC 7519 §2', claim((now) => ({ exp: String(now + 300) })), malformed, times],
  [
    'exp-milliseconds',
    'exp in milliseconds',
    'RFC 7519 §2',
    claim((now) => ({ exp: (now + 300) * 1_000 })),
    malformed,
    times,
  ],
  [
    'exp-infinite',
    'exp 1e400',
    'RFC 7519 §2',
    signedTexts(asIs, (text) => text.replace(/"exp":\d+/, '"exp":1e400')),
    malformed,
    'json-number',
  ],
  ['exp-negative', 'exp negative', 'RFC 7519 §2', changed({ claims: { exp: -1 } }), malformed, times],
  [
    'exp-past',
    'exp has passed',
    'RFC 7519 §4.1.4',
    claim((now) => ({ iat: now - 600, exp: now - 300 })),
    'EXPIRED',
    'rfc7519-4.1.4-exp',
  ],
  [
    'nbf-future',
    'nbf in the future',
    'RFC 7519 §4.1.5',
    claim((now) => ({ nbf: now + 200 })),
    'NOT_YET_VALID',
    'rfc7519-4.1.5-nbf',
  ],
  [
    'typ-access-token',
    'a token of the type of access tokens',
    'RFC 8725 §3.11',
    changed({ header: { typ: 'at+jwt' } }),
    'CREDENTIAL_REFUSED',
    'rfc8725-3.11-typ',
  ],
  [
    'sub-other-domain',
    'a workload of another trust domain, by the key of ours',
    'CVE-2020-16251',
    changed({ claims: { sub: 'spiffe://staging.example/ns/shop/sa/checkout' } }),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'sub-upper-case',
    'the trust domain in capitals',
    'SPIFFE ID §2.1',
    changed({ claims: { sub: 'spiffe://PROD.example/ns/shop/sa/checkout' } }),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'sub-percent',
    'a percent-encoded segment in the SPIFFE ID',
    'SPIFFE ID §2.2',
    changed({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/%63heckout' } }),
    malformed,
    'spiffe-id-2.2-path',
  ],
  [
    'sub-dots',
    'dot segments in the SPIFFE ID',
    'SPIFFE ID §2.2',
    changed({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/x/../checkout' } }),
    malformed,
    'spiffe-id-2.2-path',
  ],
])

const issuerTokens = { because: 'they are configured with one issuer here' }
const withFacts =
  (changes: TokenChanges) =>
  (now: Instant): Presented => ({
    headers: bearer(
      accessToken({ ...changes, now, claims: { namespace: 'shop', service_account: 'checkout', ...changes.claims } }),
    ),
  })

/** Access tokens of an OAuth issuer, and tokens of one kind in the place of another (RFC 8725 §2.7). */
export const issuerAttacks: readonly Attack[] = family(withFacts({}), issuerTokens, [
  [
    'iss-list',
    'a list of issuers',
    'RFC 7519 §4.1.1',
    withFacts({ claims: { iss: [oauthIssuer] } }),
    malformed,
    'rfc7519-4.1.1-issuer-present',
  ],
  [
    'iss-slash',
    'our issuer with a slash',
    'RFC 8414 §3.3',
    withFacts({ claims: { iss: `${oauthIssuer}/` } }),
    'ISSUER_UNKNOWN',
    'select-issuer',
  ],
  [
    'iss-other',
    'an issuer nobody configured',
    'CVE-2020-16251',
    withFacts({ claims: { iss: 'https://evil.example' }, key: strangerKey }),
    'ISSUER_UNKNOWN',
    'select-issuer',
  ],
  [
    'iss-key-of-another',
    'the key of the trust domain in a token of the issuer',
    'RFC 8725 §3.8',
    withFacts({ key: svidKey }),
    'KEY_UNKNOWN',
    'rfc7515-4.1.4-kid-known',
  ],
  [
    'sub-spiffe-by-issuer',
    'a SPIFFE ID as sub of an OAuth token',
    'RFC 9068 §5',
    withFacts({ claims: { sub: checkout } }),
    'CREDENTIAL_REFUSED',
    'rfc8725-3.11-typ',
  ],
  [
    'typ-logout-token',
    'a logout token',
    'RFC 8725 §2.8',
    withFacts({ header: { typ: 'logout+jwt' } }),
    'CREDENTIAL_REFUSED',
    'issuer-jwt-profile-typ',
  ],
  [
    'proof-as-token',
    'a DPoP proof in the place of a token',
    'RFC 8725 §2.8',
    (now) => ({ headers: bearer(dpopProof('x', { now })) }),
    malformed,
    'rfc7515-4.1.3-jwk',
  ],
  [
    'wit-as-bearer',
    'a workload identity token as bearer',
    'WIT-SVID §5',
    (now) => ({ headers: bearer(wit({ now })) }),
    'CREDENTIAL_REFUSED',
    'rfc8725-3.11-typ',
  ],
])
