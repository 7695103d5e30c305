import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import type { Code } from '../../../pdp/core/codes.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  bearer,
  boundToken,
  checkout,
  createAsk,
  dpop,
  hashOf,
  strangerKey,
  svid,
  svidKey,
  type TokenChanges,
  withWpt,
  wit,
  workloadKey,
  wpt,
} from '../../support/world.ts'

type Row = readonly [name: string, twin: () => Ask, defect: () => Ask, code: Code, clause: string]

const at = Math.trunc(noon / 1000)
const withWit = (changes: TokenChanges = {}) => createAsk({ headers: withWpt(wit(changes)) })
const withProof = (changes: TokenChanges = {}, more: object = {}) => {
  const token = wit()
  return createAsk({ headers: { ...withWpt(token, wpt(token, changes)), ...more } })
}

const tokens: readonly Row[] = [
  [
    'a token without a proof',
    withWit,
    () => createAsk({ headers: { 'workload-identity-token': wit() } }),
    'PROOF_REQUIRED',
    'wit-svid-5-proof-present',
  ],
  [
    'two tokens',
    withWit,
    () => createAsk({ headers: { 'workload-identity-token': [wit(), wit()], 'workload-proof-token': wpt(wit()) } }),
    'CREDENTIAL_AMBIGUOUS',
    'wimse-wit-one-token',
  ],
  ['a token as bearer', withWit, () => createAsk({ headers: bearer(wit()) }), 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
  [
    'a JWT-SVID in its place',
    withWit,
    () => createAsk({ headers: withWpt(svid()) }),
    'CREDENTIAL_REFUSED',
    'rfc8725-3.11-typ',
  ],
  ['no typ', withWit, () => withWit({ header: { typ: undefined } }), 'CREDENTIAL_REFUSED', 'rfc8725-3.11-typ'],
  [
    'no kid',
    withWit,
    () => withWit({ header: { kid: undefined } }),
    'CREDENTIAL_MALFORMED',
    'jwt-svid-2.2-kid-present',
  ],
  [
    'a key of the bundle for another use',
    withWit,
    () => withWit({ key: svidKey }),
    'KEY_UNKNOWN',
    'rfc7515-4.1.4-kid-known',
  ],
  [
    'the kid of a key that did not sign',
    withWit,
    () => withWit({ key: strangerKey, header: { kid: 'wit-1' } }),
    'SIGNATURE_INVALID',
    'rfc7515-5.2-signature',
  ],
  [
    'an audience',
    withWit,
    () => withWit({ claims: { aud: 'https://orders.example.org' } }),
    'CREDENTIAL_REFUSED',
    'wit-svid-3-no-audience',
  ],
  ['no sub', withWit, () => withWit({ claims: { sub: undefined } }), 'CREDENTIAL_UNSUPPORTED', 'select-wit'],
  [
    'a sub that is no SPIFFE ID, whatever iss says',
    withWit,
    () => withWit({ claims: { sub: 'wimse://prod.example/a', iss: 'https://login.example.org' } }),
    'CREDENTIAL_UNSUPPORTED',
    'select-wit',
  ],
  [
    'another trust domain',
    withWit,
    () => withWit({ claims: { sub: 'spiffe://other.example/a' } }),
    'ISSUER_UNKNOWN',
    'select-trust-domain',
  ],
  [
    'a trust domain in place of a workload',
    withWit,
    () => withWit({ claims: { sub: 'spiffe://prod.example' } }),
    'CREDENTIAL_REFUSED',
    'wit-svid-3.1-workload-path',
  ],
  ['no exp', withWit, () => withWit({ claims: { exp: undefined } }), 'CREDENTIAL_REFUSED', 'rfc7519-4.1.4-exp'],
  ['expired', withWit, () => withWit({ claims: { iat: at - 400, exp: at - 31 } }), 'EXPIRED', 'rfc7519-4.1.4-exp'],
  ['no cnf', withWit, () => withWit({ claims: { cnf: undefined } }), 'CREDENTIAL_REFUSED', 'wit-svid-3.2-cnf'],
  [
    'cnf by thumbprint',
    withWit,
    () => withWit({ claims: { cnf: { jkt: workloadKey.thumbprint } } }),
    'CREDENTIAL_REFUSED',
    'wit-svid-3.2-cnf',
  ],
  [
    'a key without alg',
    withWit,
    () => withWit({ claims: { cnf: { jwk: { ...workloadKey.jwk, alg: undefined } } } }),
    'CREDENTIAL_REFUSED',
    'wit-svid-3.2-cnf',
  ],
  [
    'an algorithm that the key cannot have',
    withWit,
    () => withWit({ claims: { cnf: { jwk: { ...workloadKey.jwk, alg: 'RS256' } } } }),
    'CREDENTIAL_REFUSED',
    'rfc7517-4.4-alg',
  ],
  [
    'a private key in cnf',
    withWit,
    () => withWit({ claims: { cnf: { jwk: { ...workloadKey.jwk, d: 'AAAA' } } } }),
    'CREDENTIAL_REFUSED',
    'rfc7517-9.3-private-member',
  ],
]

const ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

const proofs: readonly Row[] = [
  [
    'EdDSA as the algorithm of the key, which WIT-SVID does not list',
    withWit,
    () => withWit({ claims: { cnf: { jwk: ed25519Jwk } } }),
    'CREDENTIAL_REFUSED',
    'wit-svid-3.2-cnf',
  ],
  [
    'two proofs',
    withProof,
    () => createAsk({ headers: withWpt(wit(), [wpt(wit()), wpt(wit())]) }),
    'CREDENTIAL_AMBIGUOUS',
    'wimse-wpt-one-proof',
  ],
  [
    'a proof alone',
    withProof,
    () => createAsk({ headers: { 'workload-proof-token': wpt(wit()) } }),
    'CREDENTIAL_MISSING',
    'evidence-proof-without-credential',
  ],
  [
    'a proof beside a token that needs none',
    () => createAsk({ headers: bearer(svid()) }),
    () => createAsk({ headers: { ...bearer(svid()), 'workload-proof-token': wpt(svid()) } }),
    'PROOF_INVALID',
    'proof-of-a-presented-token',
  ],
  ['typ dpop+jwt', withProof, () => withProof({ header: { typ: 'dpop+jwt' } }), 'PROOF_INVALID', 'rfc8725-3.11-typ'],
  [
    'a key of its own',
    withProof,
    () => withProof({ header: { jwk: strangerKey.jwk } }),
    'PROOF_INVALID',
    'rfc7515-4.1.3-jwk',
  ],
  ['a proof of a stranger', withProof, () => withProof({ key: strangerKey }), 'PROOF_INVALID', 'rfc7515-5.2-signature'],
  [
    'another alg than the key has',
    withProof,
    () => withProof({ header: { alg: 'ES384' } }),
    'PROOF_INVALID',
    'wimse-wpt-alg-of-token',
  ],
  ['alg none', withProof, () => withProof({ header: { alg: 'none' } }), 'PROOF_INVALID', 'rfc8725-3.1-alg-accepted'],
  ['no aud', withProof, () => withProof({ claims: { aud: undefined } }), 'PROOF_INVALID', 'wimse-wpt-aud'],
  [
    'an aud that is a list',
    withProof,
    () => withProof({ claims: { aud: ['https://orders.example.org/v1/orders/42'] } }),
    'PROOF_INVALID',
    'wimse-wpt-aud',
  ],
  [
    'another path',
    withProof,
    () => withProof({ claims: { aud: 'https://orders.example.org/v1/orders/43' } }),
    'PROOF_INVALID',
    'wimse-wpt-aud',
  ],
  [
    'another origin',
    withProof,
    () => withProof({ claims: { aud: 'https://billing.example.org/v1/orders/42' } }),
    'PROOF_INVALID',
    'wimse-wpt-aud',
  ],
  [
    'a proof without a request to compare',
    withProof,
    () => createAsk({ headers: withWpt(wit()), withoutRequest: true }),
    'PROOF_INVALID',
    'wimse-wpt-request-known',
  ],
  ['no exp', withProof, () => withProof({ claims: { exp: undefined } }), 'PROOF_INVALID', 'rfc7519-4.1.4-exp'],
  [
    'expired',
    () => withProof({ claims: { exp: at - 4 } }),
    () => withProof({ claims: { exp: at - 5 } }),
    'PROOF_INVALID',
    'rfc7519-4.1.4-exp',
  ],
  [
    'good for too long',
    () => withProof({ claims: { exp: at + 125 } }),
    () => withProof({ claims: { exp: at + 126 } }),
    'PROOF_INVALID',
    'jwt-lifetime',
  ],
  ['iat in the future', withProof, () => withProof({ claims: { iat: at + 6 } }), 'PROOF_INVALID', 'rfc7519-4.1.6-iat'],
  ['no jti', withProof, () => withProof({ claims: { jti: undefined } }), 'PROOF_INVALID', 'wimse-wpt-jti'],
  [
    'a jti of 257 characters',
    () => withProof({ claims: { jti: 'j'.repeat(256) } }),
    () => withProof({ claims: { jti: 'j'.repeat(257) } }),
    'PROOF_INVALID',
    'wimse-wpt-jti',
  ],
  ['no wth', withProof, () => withProof({ claims: { wth: undefined } }), 'PROOF_INVALID', 'wimse-wpt-wth'],
  [
    'a proof for another token of the same key',
    withProof,
    () => createAsk({ headers: withWpt(wit(), wpt(wit({ claims: { jti: 'other' } }))) }),
    'PROOF_INVALID',
    'wimse-wpt-wth',
  ],
  [
    'ath without an access token',
    withProof,
    () => withProof({ claims: { ath: hashOf('x') } }),
    'PROOF_INVALID',
    'wimse-wpt-ath',
  ],
  ['an access token without ath', withProof, () => withProof({}, bearer(svid())), 'PROOF_INVALID', 'wimse-wpt-ath'],
  [
    'tth without a transaction token',
    withProof,
    () => withProof({ claims: { tth: hashOf('x') } }),
    'PROOF_INVALID',
    'wimse-wpt-tth',
  ],
  [
    'oth of a header that is not covered',
    withProof,
    () => withProof({ claims: { oth: { 'x-context': hashOf('c') } } }),
    'PROOF_INVALID',
    'wimse-wpt-oth',
  ],
  ['oth that is no object', withProof, () => withProof({ claims: { oth: 'x' } }), 'PROOF_INVALID', 'wimse-wpt-oth'],
]

describe.each([
  ['a workload identity token', tokens],
  ['a workload proof token', proofs],
])('%s is refused', (_name, rows) => {
  test.each(rows)('%s', async (_defect, twin, defect, code, clause) => {
    await refusesOnly(createFirstGate(), twin(), defect(), { code, clause })
  })
})

describe('a workload identity token with its proof', () => {
  test('says who, with possession shown by this request', async () => {
    expect(await createFirstGate()(withWit())).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: checkout,
          methods: ['wit-svid', 'wpt'],
          assurance: { level: 3, possession: 'request', single_use: true },
        },
        attested: { environment: 'production', namespace: 'shop', service_account: 'checkout' },
        verified: [{ method: 'wit-svid', key_thumbprint: workloadKey.thumbprint }],
        reusable: false,
      },
    })
  })

  test('is accepted once, and with another proof again: the token is no single use', async () => {
    const gate = createFirstGate()
    const token = wit({ claims: { jti: 'wit-1' } })
    const first = createAsk({ headers: withWpt(token) })
    expect(await gate(first)).toMatchObject({ ok: true })
    expect(await gate(first)).toMatchObject({ ok: false, code: 'REPLAYED' })
    expect(await gate(createAsk({ headers: withWpt(token) }))).toMatchObject({ ok: true })
  })

  test('joins an access token of the same subject, whose hash the proof has', async () => {
    const token = wit()
    const access = svid()
    const headers = { ...withWpt(token, wpt(token, { claims: { ath: hashOf(access) } })), ...bearer(access) }
    const changed = { ...headers, ...bearer(svid({ claims: { jti: 'other' } })) }
    await refusesOnly(createFirstGate(), createAsk({ headers }), createAsk({ headers: changed }), {
      code: 'PROOF_INVALID',
      clause: 'wimse-wpt-ath',
    })
  })

  test('does not join an access token of another subject', async () => {
    const token = wit()
    const askWith = (access: string) =>
      createAsk({ headers: { ...withWpt(token, wpt(token, { claims: { ath: hashOf(access) } })), ...bearer(access) } })
    await refusesOnly(createFirstGate(), askWith(svid()), askWith(accessToken()), {
      code: 'CREDENTIAL_CONFLICT',
      clause: 'join-one-subject',
    })
  })

  test('has hashes of covered headers, each of one value', async () => {
    const token = wit()
    const covered = { 'x-context': ['c'], 'txn-token': ['t'] }
    const proof = (more: object = {}) =>
      wpt(token, { claims: { tth: hashOf('t'), oth: { 'x-context': hashOf('c') }, ...more } })
    const askWith = (headers: Record<string, readonly string[]>, text = proof()) =>
      createAsk({ headers: withWpt(token, text), covered: headers })
    for (const changed of [{ ...covered, 'x-context': ['d'] }, { ...covered, 'x-context': ['c', 'c'] }, {}]) {
      await refusesOnly(createFirstGate(), askWith(covered), askWith({ 'txn-token': ['t'], ...changed }), {
        code: 'PROOF_INVALID',
        clause: 'wimse-wpt-oth',
      })
    }
    await refusesOnly(createFirstGate(), askWith(covered), askWith(covered, proof({ tth: undefined })), {
      code: 'PROOF_INVALID',
      clause: 'wimse-wpt-tth',
    })
  })

  test('a DPoP proof is none for it, and it is none for a token bound by thumbprint', async () => {
    const gate = createFirstGate()
    expect(await gate(createAsk({ headers: withWpt(wit()) }))).toMatchObject({ ok: true })
    const { dpop: proof } = dpop(boundToken())
    expect(await gate(createAsk({ headers: { 'workload-identity-token': wit(), dpop: proof } }))).toMatchObject({
      ok: false,
      code: 'PROOF_REQUIRED',
      clause: 'wit-svid-5-proof-present',
    })
    expect(
      await gate(
        createAsk({ headers: { authorization: `DPoP ${boundToken()}`, 'workload-proof-token': wpt(boundToken()) } }),
      ),
    ).toMatchObject({ ok: false, code: 'PROOF_REQUIRED', clause: 'rfc9449-7.1-proof-present' })
  })

  test('where no trust domain has them, they are refused', async () => {
    const key = createTestKey('other', { use: 'wit-svid' })
    await refusesOnly(createFirstGate(), withWit(), withWit({ key, claims: { sub: 'spiffe://staging.example/a' } }), {
      code: 'ISSUER_UNKNOWN',
      clause: 'select-trust-domain',
    })
  })
})
