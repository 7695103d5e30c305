import { expect, test } from 'vitest'
import { isObject, type JsonObject, type JsonValue, member } from '../../../pdp/core/json.ts'
import { readRequestFacts } from '../../../pdp/core/request-facts.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { readConfirmation } from '../../../pdp/identity/confirmation.ts'
import { createHttpSignatureProof } from '../../../pdp/identity/proofs/http-signature.ts'
import { createWptProof } from '../../../pdp/identity/proofs/wpt.ts'
import { createWitSvidVerifier } from '../../../pdp/identity/verifiers/wit-svid.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { readJwt } from '../../../pdp/jose/read-jwt.ts'
import { createVerifiedTokens } from '../../../pdp/jose/verified-tokens.ts'
import { verifyJws } from '../../../pdp/jose/verify-jws.ts'
import type { JwtCredential } from '../../../pdp/core/credential.ts'
import type { Expected, Verified } from '../../../pdp/seams.ts'
import { createStaticKeys } from '../../../pdp/trust/static-keys.ts'
import { frameAt } from '../../support/clock.ts'
import { domain } from '../../support/first-gate.ts'
import { createTestKey } from '../../support/keys.ts'
import { describeVectors } from '../../support/vectors.ts'
import { createService } from '../../support/world.ts'

interface Signed {
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
}

interface Drafts {
  readonly wit: { readonly issuerJwk: JsonObject; readonly token: string; readonly claims: JsonObject }
  readonly wpt: { readonly token: string; readonly now: number; readonly request: Signed }
  readonly httpSignature: { readonly request: Signed & { readonly witClaims: JsonObject } }
}

const headersOf = (message: Signed) => (name: string) =>
  message.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)

const credentialOf = (text: string): JwtCredential => {
  const jwt = readJwt(text, 'CREDENTIAL_MALFORMED')
  if (!jwt.ok) throw new Error(jwt.detail)
  return { form: 'jwt', scheme: 'wit', text, jwt: jwt.value, signature: jwt.value.signature }
}

/** What a verifier would say of the token. The drafts' tokens have no SPIFFE ID, so none of ours does. */
function verifiedOf(claims: JsonObject): Verified {
  const confirmation = readConfirmation(claims)
  if (!confirmation.ok || !confirmation.value) throw new Error('no key in the token')
  return {
    method: 'wit-svid',
    subject: { issuer: 'wimse://example.com', id: 'wimse://example.com/workload' },
    claims,
    facts: [],
    issuedAt: instant(0),
    expiresAt: instant(1e13),
    audienceBound: true,
    attested: true,
    confirmation: confirmation.value,
    delegation: [],
    once: [],
    revocable: [],
  }
}

function expectedOf(origin: string, message: Signed, token: string): Expected {
  const request = readRequestFacts(message.method, `${origin}${message.target}`)
  if (!request.ok) throw new Error(request.detail)
  const service = createService('example', { origins: [origin] })
  return { service, request: request.value, credential: credentialOf(token), headerValues: headersOf(message) }
}

const at = (epoch: number) => frameAt(instant(epoch * 1000))

describeVectors(
  'WIMSE examples',
  { folder: 'rfc-examples', originals: 'ietf-wg-wimse/draft-ietf-wimse-s2s-protocol on GitHub' },
  (read) => {
    const { wit, wpt, httpSignature } = read<Drafts>('wimse-drafts.json')

    test('the workload identity token is signed by its issuer', () => {
      const key = readJwk(wit.issuerJwk, 'KEY_UNKNOWN')
      const jwt = readJwt(wit.token, 'CREDENTIAL_MALFORMED')
      expect(key.ok && jwt.ok && verifyJws(jwt.value, key.value)).toMatchObject({ ok: true })
    })

    test('the workload proof token is accepted at its time, an hour later not, and not for another path', async () => {
      const proof = createWptProof({ maxLifetime: seconds(120), skew: seconds(5) })
      const check = (message: Signed, now: number) =>
        proof.check(
          { kind: 'wpt', text: wpt.token },
          verifiedOf(wit.claims),
          expectedOf('https://workload.example.com', message, wit.token),
          at(now),
        )
      expect(await check(wpt.request, wpt.now)).toMatchObject({ ok: true, value: { possession: 'request' } })
      expect(await check(wpt.request, wpt.now + 3_600)).toMatchObject({ ok: false, clause: 'rfc7519-4.1.4-exp' })
      const elsewhere = { ...wpt.request, target: '/other' }
      expect(await check(elsewhere, wpt.now)).toMatchObject({ ok: false, clause: 'wimse-wpt-aud' })
      const unbound = { ...wpt.request, headers: wpt.request.headers.filter(([name]) => name !== 'Authorization') }
      expect(await check(unbound, wpt.now)).toMatchObject({ ok: false, clause: 'wimse-wpt-ath' })
    })

    test('the signed request is accepted when it was made, an hour later not, and not with another query', async () => {
      const { request } = httpSignature
      const [input = '', text = ''] = ['signature-input', 'signature'].map((name) => headersOf(request)(name)[0])
      const token = headersOf(request)('workload-identity-token')[0] ?? ''
      const created = Number(/created=([0-9]+)/.exec(input)?.[1])
      const proof = createHttpSignatureProof({ maxAge: seconds(60), skew: seconds(5) })
      const check = (message: Signed, now: number) =>
        proof.check(
          { kind: 'http-signature', text, input },
          verifiedOf(request.witClaims),
          expectedOf('https://svcb.example.com', message, token),
          at(now),
        )
      expect(await check(request, created)).toMatchObject({ ok: true, value: { method: 'http-signature' } })
      expect(await check(request, created + 3_600)).toMatchObject({ ok: false, clause: 'rfc9421-3.2-created' })
      const elsewhere = { ...request, target: '/gimme-ice-cream?flavor=chocolate' }
      expect(await check(elsewhere, created)).toMatchObject({ ok: false, clause: 'rfc7515-5.2-signature' })
    })
  },
)

describeVectors('SPIFFE WIT-SVID', { folder: 'spiffe', originals: 'spiffe/spiffe, WIT-SVID appendix A' }, (read) => {
  const { witSvid } = read<{ readonly witSvid: { readonly token: string; readonly claims: JsonObject } }>(
    'spec-examples.json',
  )
  const verifierWith = (kid: string) =>
    createWitSvidVerifier({
      trustDomain: domain('example.com'),
      trust: createStaticKeys({
        name: 'example.com',
        keys: [createTestKey(kid, { use: 'wit-svid' }).verification],
        clock: () => instant(0),
      }),
      tokens: createVerifiedTokens(),
      maxLifetime: seconds(3_600),
      skew: seconds(30),
    })

  // its issuer's key is not published: everything before the signature is judged, and the signature then is not ours
  test('appendix A has the form of a WIT-SVID, and is refused for its signature alone', async () => {
    const credential = credentialOf(witSvid.token)
    const kid = credential.jwt.header.kid ?? ''
    const answer = await verifierWith(kid).verify(credential, { service: createService('a') }, at(1_765_452_903))
    expect(answer).toMatchObject({ ok: false, code: 'SIGNATURE_INVALID', clause: 'rfc7515-5.2-signature' })
  })

  test('its key is the one it holds', () => {
    const cnf: JsonValue | undefined = member(witSvid.claims, 'cnf')
    const jwk = isObject(cnf) ? member(cnf, 'jwk') : undefined
    const key = isObject(jwk) ? readJwk(jwk, 'KEY_UNKNOWN') : undefined
    const confirmation = readConfirmation(witSvid.claims)
    expect(confirmation.ok && confirmation.value?.key?.id).toBe(key?.ok && key.value.id)
  })
})
