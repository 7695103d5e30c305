import { createHmac, randomUUID } from 'node:crypto'
import type { Instant } from '../../../pdp/core/time.ts'
import { wimseSignature } from '../../support/signed-request.ts'
import {
  bearer,
  clientKey,
  dpop,
  dpopProof,
  hashOf,
  strangerKey,
  svid,
  type TokenChanges,
  wit,
  withWpt,
  workloadKey,
  wpt,
} from '../../support/world.ts'
import { type Attack, family, type Presented } from '../attack.ts'

// Attacks on proofs of possession: DPoP (RFC 9449), workload proof tokens, message signatures (RFC 9421).

const noProofs = { because: 'they check no proofs of possession' }
const epoch = (now: Instant) => Math.trunc(now / 1000)
const bound = (now: Instant, more: TokenChanges = {}) =>
  svid({ ...more, now, claims: { cnf: { jkt: clientKey.thumbprint }, jti: randomUUID(), ...more.claims } })
const withProof =
  (changes: (now: Instant, token: string) => TokenChanges = () => ({})) =>
  (now: Instant): Presented => {
    const token = bound(now)
    return { headers: dpop(token, dpopProof(token, { now, ...changes(now, token) })) }
  }
const claims = (claims: Readonly<Record<string, unknown>>) => withProof(() => ({ claims }))
const header = (header: Readonly<Record<string, unknown>>) => withProof(() => ({ header }))
const { kid: _, ...clientJwk } = clientKey.jwk

/** A proof under an HMAC with the very key that its header shows. */
function hmacProof(now: Instant): Presented {
  const token = bound(now)
  const [, payload] = dpopProof(token, { now }).split('.')
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'dpop+jwt', jwk: clientJwk })).toString('base64url')
  const mac = createHmac('sha256', JSON.stringify(clientJwk)).update(`${head}.${payload}`).digest('base64url')
  return { headers: dpop(token, `${head}.${payload}.${mac}`) }
}

const invalid = 'PROOF_INVALID'

export const dpopAttacks: readonly Attack[] = family(withProof(), noProofs, [
  [
    'dpop-htu-other',
    'htu of another service',
    'RFC 9449 §4.3 check 9',
    claims({ htu: 'https://billing.example.org/v1/orders/42' }),
    invalid,
    'rfc9449-4.3.9-htu',
  ],
  [
    'dpop-htu-prefix',
    'htu that is a prefix of the path',
    'RFC 9449 §4.3 check 9',
    claims({ htu: 'https://orders.example.org/v1/orders' }),
    invalid,
    'rfc9449-4.3.9-htu',
  ],
  [
    'dpop-htu-http',
    'htu without TLS',
    'RFC 9449 §4.3 check 9',
    claims({ htu: 'http://orders.example.org/v1/orders/42' }),
    invalid,
    'rfc9449-4.3.9-htu',
  ],
  [
    'dpop-htu-forwarded-host',
    'htu of the host that X-Forwarded-Host names',
    'RFC 9449 §4.3 check 9',
    (now) => {
      const { headers } = claims({ htu: 'https://evil.example/v1/orders/42' })(now)
      return {
        headers: { ...headers, 'x-forwarded-host': 'evil.example' },
        url: 'https://evil.example/v1/orders/42',
      }
    },
    invalid,
    'rfc9449-4.3.9-htu',
  ],
  ['dpop-htm', 'htm of another method', 'RFC 9449 §4.3 check 8', claims({ htm: 'POST' }), invalid, 'rfc9449-4.3.8-htm'],
  [
    'dpop-htm-lower-case',
    'htm in small letters',
    'RFC 9110 §9.1',
    claims({ htm: 'get' }),
    invalid,
    'rfc9449-4.3.8-htm',
  ],
  [
    'dpop-ath',
    'ath of another token',
    'RFC 9449 §4.3 check 12',
    claims({ ath: hashOf('another') }),
    invalid,
    'rfc9449-4.3.12-ath',
  ],
  ['dpop-ath-absent', 'no ath', 'RFC 9449 §4.3 check 12', claims({ ath: undefined }), invalid, 'rfc9449-4.3.12-ath'],
  ['dpop-jti-absent', 'no jti', 'RFC 9449 §4.3 check 3', claims({ jti: undefined }), invalid, 'rfc9449-4.3.3-jti'],
  [
    'dpop-iat-future',
    'iat in the future',
    'RFC 9449 §4.3 check 11',
    withProof((now) => ({ claims: { iat: epoch(now) + 60 } })),
    invalid,
    'rfc7519-4.1.6-iat',
  ],
  [
    'dpop-iat-past',
    'iat of two minutes ago',
    'RFC 9449 §4.3 check 11',
    withProof((now) => ({ claims: { iat: epoch(now) - 120 } })),
    invalid,
    'jwt-age',
  ],
  [
    'dpop-private-jwk',
    'a private key in the proof',
    'RFC 9449 §4.3 check 7',
    header({ jwk: { ...clientJwk, d: clientJwk['x'] } }),
    invalid,
    'rfc7517-9.3-private-member',
  ],
  ['dpop-alg-none', 'alg none', 'RFC 9449 §4.3 check 5', header({ alg: 'none' }), invalid, 'rfc8725-3.1-alg-accepted'],
  [
    'dpop-hmac',
    'a MAC with the key that it shows',
    'RFC 9449 §4.3 check 5',
    hmacProof,
    invalid,
    'rfc8725-3.1-alg-accepted',
  ],
  ['dpop-typ', 'another typ', 'RFC 9449 §4.3 check 4', header({ typ: 'JWT' }), invalid, 'rfc8725-3.11-typ'],
  [
    'dpop-other-key',
    'a proof of another key',
    'RFC 9449 §4.3 check 12',
    withProof(() => ({ key: strangerKey })),
    invalid,
    'rfc9449-4.3.12-key-of-token',
  ],
  [
    'dpop-key-swapped',
    'the key of the token over the signature of another',
    'RFC 9449 §4.3 check 6',
    withProof(() => ({ key: strangerKey, header: { jwk: clientJwk } })),
    invalid,
    'rfc7515-5.2-signature',
  ],
  [
    'dpop-replayed',
    'the same proof again',
    'RFC 9449 §11.1',
    (now) => {
      const presented = withProof()(now)
      return [presented, presented]
    },
    'REPLAYED',
    'first-use',
  ],
  [
    'dpop-replayed-malleable',
    'the same proof again, its ECDSA signature (r, n - s)',
    'RFC 9449 §11.1',
    (now) => {
      const token = bound(now)
      const proof = dpopProof(token, { now })
      return [{ headers: dpop(token, proof) }, { headers: dpop(token, mirrored(proof)) }]
    },
    'REPLAYED',
    'first-use',
  ],
  [
    'dpop-downgrade',
    'the bound token as bearer',
    'RFC 9449 §7.2',
    (now) => ({ headers: bearer(bound(now)) }),
    'PROOF_REQUIRED',
    'rfc9449-7.2-bound-token-as-bearer',
  ],
  [
    'dpop-absent',
    'the bound token without a proof',
    'RFC 9449 §7.1',
    (now) => ({ headers: { authorization: `DPoP ${bound(now)}` } }),
    'PROOF_REQUIRED',
    'rfc9449-7.1-proof-present',
  ],
  [
    'dpop-unbound-token',
    'a proof over a token that is bound to no key',
    'RFC 9449 §7.1',
    (now) => {
      const token = svid({ now })
      return { headers: dpop(token, dpopProof(token, { now })) }
    },
    invalid,
    'rfc9449-7.1-token-bound',
  ],
  [
    'dpop-two',
    'two proofs',
    'RFC 9449 §4.3 check 1',
    (now) => {
      const token = bound(now)
      return { headers: dpop(token, [dpopProof(token, { now }), dpopProof(token, { now })]) }
    },
    'CREDENTIAL_AMBIGUOUS',
    'rfc9449-4.3.1-one-proof',
  ],
  [
    'cnf-unknown',
    'a confirmation of no known kind',
    'RFC 7800 §3.1',
    (now) => ({ headers: bearer(bound(now, { claims: { cnf: { 'x-key': 'k' } } })) }),
    'CREDENTIAL_REFUSED',
    'rfc7800-3.1-cnf-member',
  ],
])

const groupOrder = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')

/** The other signature that holds over the same bytes. */
function mirrored(jws: string): string {
  const at = jws.lastIndexOf('.')
  const signature = Buffer.from(jws.slice(at + 1), 'base64url')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const other = Buffer.from((groupOrder - s).toString(16).padStart(64, '0'), 'hex')
  return `${jws.slice(0, at)}.${Buffer.concat([signature.subarray(0, 32), other]).toString('base64url')}`
}

const workload =
  (change: (now: Instant, token: string) => TokenChanges = () => ({})) =>
  (now: Instant): Presented => {
    const token = wit({ now })
    return { headers: withWpt(token, wpt(token, { now, ...change(now, token) })) }
  }

export const workloadProofAttacks: readonly Attack[] = family(workload(), noProofs, [
  [
    'wpt-absent',
    'a workload identity token without a proof',
    'WIT-SVID §5',
    (now) => ({ headers: { 'workload-identity-token': wit({ now }) } }),
    'PROOF_REQUIRED',
    'wit-svid-5-proof-present',
  ],
  [
    'wpt-other-key',
    'a proof of another key',
    'WIMSE WPT §3',
    workload(() => ({ key: strangerKey })),
    invalid,
    'rfc7515-5.2-signature',
  ],
  [
    'wpt-other-target',
    'a proof for another service',
    'WIMSE WPT §3',
    workload(() => ({ claims: { aud: 'https://billing.example.org/v1/orders/42' } })),
    invalid,
    'wimse-wpt-aud',
  ],
  [
    'wpt-other-token',
    'a proof over another token',
    'WIMSE WPT §3',
    workload(() => ({ claims: { wth: hashOf('another') } })),
    invalid,
    'wimse-wpt-wth',
  ],
  [
    'wpt-access-token-unhashed',
    'an access token beside it that it does not hash',
    'WIMSE WPT §3',
    (now) => {
      const token = wit({ now })
      return { headers: { ...withWpt(token, wpt(token, { now })), ...bearer(svid({ now })) } }
    },
    invalid,
    'wimse-wpt-ath',
  ],
  [
    'wpt-replayed',
    'the same proof again',
    'WIMSE WPT §3',
    (now) => {
      const presented = workload()(now)
      return [presented, presented]
    },
    'REPLAYED',
    'first-use',
  ],
  [
    'wpt-long-lived',
    'a proof good for an hour',
    'WIMSE WPT §3',
    workload((now) => ({ claims: { iat: epoch(now), exp: epoch(now) + 3_600 } })),
    invalid,
    'jwt-lifetime',
  ],
  [
    'wit-stranger',
    'a token of another authority',
    'WIT-SVID §5',
    (now) => {
      const token = wit({ now, key: strangerKey, header: { kid: 'wit-1' } })
      return { headers: withWpt(token, wpt(token, { now })) }
    },
    'SIGNATURE_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'wit-key-swapped',
    'the token of one workload with a proof of the key of another',
    'WIT-SVID §5',
    (now) => {
      const token = wit({ now, claims: { cnf: { jwk: { ...strangerKey.jwk, alg: 'ES256' } } } })
      return { headers: withWpt(token, wpt(token, { now, key: workloadKey })) }
    },
    invalid,
    'rfc7515-5.2-signature',
  ],
])

const signed =
  (origin?: string, of?: (now: Instant) => string) =>
  (now: Instant): Presented => {
    const token = wit({ now })
    const signature = wimseSignature(of?.(now) ?? token, origin, now)
    return { headers: { 'workload-identity-token': token, ...signature } }
  }

export const messageSignatureAttacks: readonly Attack[] = family(signed(), noProofs, [
  [
    'signature-other-audience',
    'a signature for another service',
    'RFC 9421 §7.2.2',
    signed('https://billing.example.org'),
    invalid,
    'wimse-http-signature-3.1-aud',
  ],
  [
    'signature-other-token',
    'a signature over another token',
    'RFC 9421 §7.2.8',
    signed(undefined, (now) => wit({ now, claims: { jti: 'another' } })),
    invalid,
    'rfc7515-5.2-signature',
  ],
  [
    'signature-other-target',
    'a signature over another path',
    'RFC 9421 §7.2.1',
    (now) => ({ ...signed()(now), url: 'https://orders.example.org/v1/orders/43' }),
    invalid,
    'wimse-http-signature-3.1-aud',
  ],
  [
    'signature-other-method',
    'a signature over another method',
    'RFC 9421 §7.2.1',
    (now) => ({ ...signed()(now), method: 'POST' }),
    invalid,
    'rfc7515-5.2-signature',
  ],
  [
    'signature-replayed',
    'the same signature again',
    'RFC 9421 §7.2.2',
    (now) => {
      const presented = signed()(now)
      return [presented, presented]
    },
    'REPLAYED',
    'first-use',
  ],
  [
    'signature-without-input',
    'a signature without its input',
    'RFC 9421 §4',
    (now) => {
      const { 'signature-input': _, ...rest } = signed()(now).headers as Record<string, string>
      return { headers: rest }
    },
    invalid,
    'rfc9421-4-signature-with-input',
  ],
  [
    'two-proofs',
    'two proofs for one token',
    'WIMSE WPT §3',
    (now) => {
      const token = wit({ now })
      return { headers: { ...withWpt(token, wpt(token, { now })), ...wimseSignature(token, undefined, now) } }
    },
    invalid,
    'one-proof-for-a-token',
  ],
])
