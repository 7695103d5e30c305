import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../pdp/core/ask.ts'
import type { Code } from '../../../pdp/core/codes.ts'
import type { SignatureRules } from '../../../pdp/core/service.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { signatureHeaders, type SignatureParts } from '../../support/signed-request.ts'
import { refusesOnly } from '../../support/twin.ts'
import {
  accessToken,
  type AskParts,
  bearer,
  clientKey,
  createAsk,
  createService,
  hashOf,
  strangerKey,
  withWpt,
  wit,
  workloadKey,
} from '../../support/world.ts'

const created = Math.trunc(noon / 1000)
const rules: SignatureRules = {
  tag: 'orders',
  components: ['@method', '@target-uri', 'x-idempotency-key'],
  nonce: 'optional',
  contentDigest: 'compare',
}
const orders = createService('orders', { httpSignature: rules })

const token = accessToken({ claims: { cnf: { jwk: clientKey.jwk } } })
const url = 'https://orders.example.org/v1/orders/42'
const covers = {
  method: ['"@method"', 'GET'],
  target: ['"@target-uri"', url],
  token: ['"authorization"', `Bearer ${token}`],
} as const
const all = [covers.method, covers.target, covers.token]
const parameters = `;created=${created};keyid="client-1";alg="ecdsa-p256-sha256";tag="orders"`

const signed = (changes: Partial<SignatureParts> = {}, ask: AskParts = {}): Ask =>
  createAsk({
    service: orders,
    ...ask,
    headers: {
      ...bearer(token),
      ...signatureHeaders({ components: all, parameters, key: clientKey, ...changes }),
      ...ask.headers,
    },
  })
const withParameters = (text: string) => () => signed({ parameters: text })

type Row = readonly [name: string, defect: () => Ask, clause: string, code?: Code]

const ours = signatureHeaders({ components: all, parameters, key: clientKey, label: 'a' })
const another = signatureHeaders({ components: [], parameters: ';created=1;tag="other"', key: strangerKey, label: 'b' })
const both = (first: typeof ours, second: typeof ours) => ({
  signature: `${first.signature}, ${second.signature}`,
  'signature-input': `${first['signature-input']}, ${second['signature-input']}`,
})

const refused: readonly Row[] = [
  [
    'no signature',
    () => createAsk({ service: orders, headers: bearer(token) }),
    'rfc7800-3.2-signature-present',
    'PROOF_REQUIRED',
  ],
  ['a service that takes none', () => signed({}, { service: createService('orders') }), 'http-signature-configured'],
  ['another tag', withParameters(parameters.replace('"orders"', '"billing"')), 'rfc9421-3.2-tag'],
  ['no tag', withParameters(`;created=${created}`), 'rfc9421-3.2-tag'],
  ['a tag that is a token', withParameters(parameters.replace('"orders"', 'orders')), 'rfc9421-3.2-tag'],
  [
    'two signatures with the tag',
    () =>
      signed(
        {},
        { headers: both(ours, signatureHeaders({ components: all, parameters, key: clientKey, label: 'b' })) },
      ),
    'rfc9421-3.2-one-signature-of-tag',
    'CREDENTIAL_AMBIGUOUS',
  ],
  [
    'two signature lines',
    () => signed({}, { headers: { signature: ['a=:AA==:', 'b=:AA==:'] } }),
    'evidence-one-value-per-slot',
    'CREDENTIAL_AMBIGUOUS',
  ],
  ['the label twice', () => signed({}, { headers: { signature: 'sig=:AA==:, sig=:AA==:' } }), 'rfc9421-4-fields'],
  ['another label', () => signed({}, { headers: { signature: 'other=:AA==:' } }), 'rfc9421-4-labels'],
  ['a signature that is text', () => signed({}, { headers: { signature: 'sig="AA=="' } }), 'rfc9421-4-fields'],
  ['an empty signature', () => signed({}, { headers: { signature: 'sig=::' } }), 'rfc9421-4-fields'],
  ['a signature with stray characters', () => signed({}, { headers: { signature: 'sig=:A A=:' } }), 'rfc9421-4-fields'],
  [
    'an input that is no list',
    () => signed({}, { headers: { 'signature-input': `sig="x"${parameters}` } }),
    'rfc9421-4-fields',
  ],
  [
    'an input that is no structured field',
    () => signed({}, { headers: { 'signature-input': 'sig=(' } }),
    'rfc9421-4-fields',
  ],
  ['a stranger’s signature', () => signed({ key: strangerKey }), 'rfc7515-5.2-signature'],
  ['a signature cut short', () => signed({}, { headers: { signature: 'sig=:AAAA:' } }), 'rfc7518-3-signature-form'],
  [
    'the method not covered',
    () => signed({ components: [covers.target, covers.token] }),
    'rfc9421-3.2-required-components',
  ],
  [
    'the target not covered',
    () => signed({ components: [covers.method, covers.token] }),
    'rfc9421-3.2-required-components',
  ],
  [
    'the token not covered',
    () => signed({ components: [covers.method, covers.target] }),
    'rfc9421-3.2-required-components',
  ],
  [
    'a path without its query',
    () =>
      signed({
        components: [covers.method, covers.token, ['"@authority"', 'orders.example.org'], ['"@path"', '/v1/orders/42']],
      }),
    'rfc9421-3.2-required-components',
  ],
  ['another method', () => signed({}, { method: 'DELETE' }), 'rfc7515-5.2-signature'],
  ['another path', () => signed({}, { url: `${url}0` }), 'rfc7515-5.2-signature'],
  ['a query that was not signed', () => signed({}, { url: `${url}?all=1` }), 'rfc7515-5.2-signature'],
  [
    'another token of the same key',
    () => signed({}, { headers: bearer(accessToken({ claims: { cnf: { jwk: clientKey.jwk }, jti: 'at-2' } })) }),
    'rfc7515-5.2-signature',
  ],
  [
    'the origin the request came to, not the service’s',
    () =>
      signed(
        { components: [covers.method, ['"@target-uri"', 'http://10.0.0.7:8080/v1/orders/42'], covers.token] },
        { url: 'http://10.0.0.7:8080/v1/orders/42' },
      ),
    'rfc7515-5.2-signature',
  ],
  ['a service without an origin', () => signed({}, { service: { ...orders, origins: [] } }), 'rfc9421-2.2-own-origin'],
  ['no request to compare', () => signed({}, { withoutRequest: true }), 'rfc9421-2.2-request-known'],
  ['no created', withParameters(';tag="orders"'), 'rfc9421-2.3-created'],
  [
    'created in milliseconds',
    withParameters(parameters.replace(`${created}`, `${created}000`)),
    'rfc9421-2.3-parameters',
  ],
  ['created as text', withParameters(parameters.replace(`${created}`, `"${created}"`)), 'rfc9421-2.3-parameters'],
  [
    'an alg that is a token',
    withParameters(parameters.replace('"ecdsa-p256-sha256"', 'ecdsa-p256-sha256')),
    'rfc9421-2.3-parameters',
  ],
  ['created too long ago', withParameters(parameters.replace(`${created}`, `${created - 66}`)), 'rfc9421-3.2-created'],
  ['created in the future', withParameters(parameters.replace(`${created}`, `${created + 6}`)), 'rfc9421-3.2-created'],
  ['expired', withParameters(`${parameters};expires=${created - 5}`), 'rfc9421-3.2-expires'],
  ['expires before created', withParameters(`${parameters};expires=${created}`), 'rfc9421-3.2-expires'],
  ['the keyid of another key', withParameters(parameters.replace('client-1', 'client-2')), 'rfc9421-3.2-keyid'],
  ['the alg of another key', withParameters(parameters.replace('ecdsa-p256-sha256', 'ed25519')), 'rfc9421-3.2-alg'],
  ['a symmetric alg', withParameters(parameters.replace('ecdsa-p256-sha256', 'hmac-sha256')), 'rfc9421-3.2-alg'],
  ['a component twice', () => signed({ components: [...all, covers.method] }), 'rfc9421-2.5-component-once'],
  [
    'an unknown derived component',
    () => signed({ components: [...all, ['"@everything"', 'x']] }),
    'rfc9421-2-component-known',
  ],
  [
    'the status of a response',
    () => signed({ components: [...all, ['"@status"', '200']] }),
    'rfc9421-2-component-known',
  ],
  ['a component that is a token', () => signed({ components: [...all, ['date', 'x']] }), 'rfc9421-2-component-known'],
  ['a component in upper case', () => signed({ components: [...all, ['"Host"', 'x']] }), 'rfc9421-2-component-known'],
  [
    'a component of the request of a response',
    () => signed({ components: [...all, ['"@method";req', 'GET']] }),
    'rfc9421-2.1-component-parameter',
  ],
  [
    'a component in bytes',
    () => signed({ components: [...all, ['"authorization";bs', ':AA==:']] }),
    'rfc9421-2.1-component-parameter',
  ],
  [
    'a header that is not there',
    () => signed({ components: [...all, ['"date"', 'x']] }),
    'rfc9421-2.5-component-present',
  ],
  [
    'a header that is not ASCII',
    () => signed({ components: [...all, ['"x-name"', 'é']] }, { covered: { 'x-name': ['é'] } }),
    'rfc9421-2.5-ascii',
  ],
  [
    '33 components',
    () => signed({ components: Array.from({ length: 33 }, (_, i) => [`"x-${i}"`, '']) }),
    'rfc9421-2-component-count',
  ],
  [
    'a required header that is there and not covered',
    () => signed({}, { covered: { 'x-idempotency-key': ['k'] } }),
    'rfc9421-3.2-required-components',
  ],
]

describe('a message signature is refused', () => {
  const rows = refused.map(([name, defect, clause, code = 'PROOF_INVALID']) => ({ name, defect, clause, code }))
  test.each(rows)('$name', async ({ defect, clause, code }) => {
    await refusesOnly(createFirstGate(), signed(), defect(), { code, clause })
  })

  test('without a nonce, where one is required', async () => {
    const strict = createService('orders', { httpSignature: { ...rules, nonce: 'required' } })
    const good = signed({ parameters: `${parameters};nonce="n"` }, { service: strict })
    await refusesOnly(createFirstGate(), good, signed({}, { service: strict }), {
      code: 'PROOF_INVALID',
      clause: 'rfc9421-3.2-nonce',
    })
  })

  test('with an RSA key that leaves the algorithm open, and no alg', async () => {
    // no signature is needed for the refusal; the twin has a key of one algorithm and says no alg either
    const open = accessToken({ claims: { cnf: { jwk: rsaJwk } } })
    const withoutAlg = `;created=${created};tag="orders"`
    const askWith = (text: string) => {
      const components = [covers.method, covers.target, ['"authorization"', `Bearer ${text}`]] as const
      return signed({ components, parameters: withoutAlg }, { headers: bearer(text) })
    }
    await refusesOnly(createFirstGate(), askWith(token), askWith(open), {
      code: 'PROOF_INVALID',
      clause: 'rfc9421-3.2-alg',
    })
  })
})

const rsaJwk = {
  kty: 'RSA',
  e: 'AQAB',
  n: 'r4tmm3r20Wd_PbqvP1s2-QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct-Lh1GH45x28Rw3Ry53mm-oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL-Wokqltd11nqqzi-bJ9cvSKADYdUAAN5WUtzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d-nb4bnNkQVklLQ3fVAvJm-xdDOp9LCNCN48V2pnDOkFV6-U9nV5oyc6XI2w',
}

describe('a message signature is accepted', () => {
  const expectAccepted = async (ask: Ask) => expect(await createFirstGate()(ask)).toMatchObject({ ok: true })

  test('and shows possession of the key of the token by this request', async () => {
    expect(await createFirstGate()(signed())).toMatchObject({
      ok: true,
      value: {
        subject: { methods: ['access-token', 'http-signature'], assurance: { level: 3, possession: 'request' } },
        verified: [{ key_thumbprint: clientKey.thumbprint }],
        reusable: false,
      },
    })
  })

  test('once, and again with another nonce', async () => {
    const gate = createFirstGate()
    const withNonce = (nonce: string) => signed({ parameters: `${parameters};nonce="${nonce}"` })
    expect(await gate(withNonce('a'))).toMatchObject({ ok: true })
    expect(await gate(withNonce('a')), 'signed anew: ECDSA never makes the same twice').toMatchObject({
      code: 'REPLAYED',
    })
    expect(await gate(withNonce('b'))).toMatchObject({ ok: true })
  })

  test('beside others, whatever its label', () =>
    expectAccepted(createAsk({ service: orders, headers: { ...bearer(token), ...both(another, ours) } })))

  test.each([
    ['without keyid and alg, which the token says', `;created=${created};tag="orders"`],
    ['with the thumbprint as keyid', `;created=${created};keyid="${clientKey.thumbprint}";tag="orders"`],
    ['with parameters that nobody asks for', `${parameters};x-trace=?0;n=1.5`],
    ['until it expires', `${parameters};expires=${created + 1}`],
  ])('%s', (_, text) => expectAccepted(signed({ parameters: text })))

  test.each([
    [
      '@authority and @request-target',
      [
        ['"@authority"', 'orders.example.org'],
        ['"@request-target"', '/v1/orders/42?a=b%20c'],
      ],
    ],
    [
      '@authority, @path and @query',
      [
        ['"@authority"', 'orders.example.org'],
        ['"@path"', '/v1/orders/42'],
        ['"@query"', '?a=b%20c'],
        ['"@scheme"', 'https'],
        ['"@query-param";name="a"', 'b%20c'],
      ],
    ],
  ] as const)('%s stand for @target-uri', (_, components) =>
    expectAccepted(signed({ components: [covers.method, covers.token, ...components] }, { url: `${url}?a=b%20c` })),
  )

  test('an absent query is a question mark', () =>
    expectAccepted(
      signed({
        components: [
          covers.method,
          covers.token,
          ['"@authority"', 'orders.example.org'],
          ['"@path"', '/v1/orders/42'],
          ['"@query"', '?'],
        ],
      }),
    ))

  test('the origin is one of the service, whatever a proxy made of it', async () => {
    const two = { ...orders, origins: ['https://a.example.org', 'https://orders.example.org'] }
    await expectAccepted(signed({}, { service: two, url: 'http://10.0.0.7:8080/v1/orders/42' }))
  })

  test('values of a covered header are trimmed and joined', () =>
    expectAccepted(
      signed(
        { components: [...all, ['"x-idempotency-key"', 'a, b']] },
        { covered: { 'x-idempotency-key': [' a\t', 'b'] } },
      ),
    ))
})

const sha256 = (text: string) => `sha-256=:${Buffer.from(hashOf(text), 'base64url').toString('base64')}:`

describe('the body of a signed request (RFC 9530)', () => {
  const digest = sha256('{"n":1}')
  const withBody = (said: string | undefined, received: string | undefined, service = orders) =>
    signed(
      { components: said === undefined ? all : [...all, ['"content-digest"', said]] },
      {
        service,
        covered: said === undefined ? { 'transfer-encoding': ['chunked'] } : { 'content-digest': [said] },
        ...(received !== undefined && { bodyDigest: received }),
      },
    )

  test.each([
    ['has another digest', () => withBody(digest, sha256('{"n":2}')), 'rfc9530-2-content-digest'],
    [
      'has a digest of another algorithm alone',
      () => withBody(digest, `sha-512=:${'A'.repeat(86)}==:`),
      'rfc9530-2-content-digest',
    ],
    ['was not digested by the enforcement point', () => withBody(digest, undefined), 'rfc9530-2-body-digest-known'],
    ['has a digest of no known algorithm', () => withBody('md5=:AA==:', digest), 'rfc9530-2-content-digest-form'],
    ['has a digest of a wrong length', () => withBody('sha-256=:AA==:', digest), 'rfc9530-2-content-digest-form'],
    ['has a digest that is no structured field', () => withBody('sha-256', digest), 'rfc9530-2-content-digest-form'],
    ['has no digest', () => withBody(undefined, digest), 'rfc9530-2-content-digest-present'],
    ['is seen by its transfer alone', () => withBody(undefined, undefined), 'rfc9530-2-content-digest-present'],
    [
      'has a digest that is not covered',
      () => signed({}, { covered: { 'content-digest': [digest] }, bodyDigest: digest }),
      'rfc9421-3.2-required-components',
    ],
    [
      'agrees by one algorithm and differs by the other',
      () => withBody(`${digest}, sha-512=:${'A'.repeat(86)}==:`, `${digest}, sha-512=:${'B'.repeat(85)}Q==:`),
      'rfc9530-2-content-digest',
    ],
  ])('%s', async (_, defect, clause) => {
    await refusesOnly(createFirstGate(), withBody(digest, digest), defect(), { code: 'PROOF_INVALID', clause })
  })

  test('is left to the enforcement point where that is configured, and must have a digest all the same', async () => {
    const trusting = createService('orders', { httpSignature: { ...rules, contentDigest: 'enforcement-point' } })
    const [good, bad] = [withBody(digest, undefined, trusting), withBody(undefined, undefined, trusting)]
    await refusesOnly(createFirstGate(), good, bad, {
      code: 'PROOF_INVALID',
      clause: 'rfc9530-2-content-digest-present',
    })
  })

  test('a length of 0 is no body', async () => {
    const empty = signed({}, { covered: { 'content-length': ['0'] } })
    const full = signed({}, { covered: { 'content-length': ['7'] } })
    await refusesOnly(createFirstGate(), empty, full, {
      code: 'PROOF_INVALID',
      clause: 'rfc9530-2-content-digest-present',
    })
  })
})

describe('a workload identity token with a signature of WIMSE', () => {
  const text = wit()
  const covered = [
    ['"@method"', 'GET'],
    ['"@request-target"', '/v1/orders/42'],
    ['"workload-identity-token"', text],
  ] as const
  const said = `;created=${created};expires=${created + 60};nonce="n";tag="wimse-workload-to-workload";wimse-aud="${url}"`
  const withSignature = (changes: Partial<SignatureParts> = {}, more: object = {}) =>
    createAsk({
      headers: {
        'workload-identity-token': text,
        ...signatureHeaders({ components: covered, parameters: said, key: workloadKey, ...changes }),
        ...more,
      },
    })

  test('says who, without anything configured for the service', async () => {
    expect(await createFirstGate()(withSignature())).toMatchObject({
      ok: true,
      value: { subject: { methods: ['wit-svid', 'http-signature'], assurance: { level: 3, possession: 'request' } } },
    })
  })

  test('may name an audience of the service in wimse-aud, and cover @path and @query', async () => {
    const components = [covered[0], ['"@path"', '/v1/orders/42'], ['"@query"', '?'], covered[2]] as const
    const parameters = said.replace(url, 'https://orders.example.org')
    expect(await createFirstGate()(withSignature({ components, parameters }))).toMatchObject({ ok: true })
  })

  test.each([
    ['a nonce', said.replace(';nonce="n"', ''), 'rfc9421-3.2-nonce'],
    ['expires', said.replace(`;expires=${created + 60}`, ''), 'wimse-http-signature-3-parameters'],
    ['no keyid', `${said};keyid="workload-1"`, 'wimse-http-signature-3-parameters'],
    ['no alg', `${said};alg="ecdsa-p256-sha256"`, 'wimse-http-signature-3-parameters'],
    ['wimse-aud', said.replace(/;wimse-aud.*/, ''), 'wimse-http-signature-3.1-aud'],
    [
      'wimse-aud of this service',
      said.replace('orders.example.org', 'billing.example.org'),
      'wimse-http-signature-3.1-aud',
    ],
    ['the tag of WIMSE', said.replace('wimse-workload-to-workload', 'orders'), 'rfc9421-3.2-tag'],
  ])('needs %s', async (_, parameters, clause) => {
    const defect = withSignature({ parameters })
    await refusesOnly(createFirstGate(), withSignature(), defect, { code: 'PROOF_INVALID', clause })
  })

  test('must cover the token, and content-type where there is one', async () => {
    const defects = [
      withSignature({ components: covered.slice(0, 2) }),
      withSignature({}, { 'content-type': 'text/plain' }),
    ]
    for (const defect of defects) {
      await refusesOnly(createFirstGate(), withSignature(), defect, {
        code: 'PROOF_INVALID',
        clause: 'rfc9421-3.2-required-components',
      })
    }
  })

  test('is not accepted with a second proof beside it', async () => {
    const two = createAsk({
      headers: { ...withWpt(text), ...signatureHeaders({ components: covered, parameters: said, key: workloadKey }) },
    })
    await refusesOnly(createFirstGate(), withSignature(), two, {
      code: 'PROOF_INVALID',
      clause: 'one-proof-for-a-token',
    })
  })
})

test('the time of a signature is that of the decision', async () => {
  const gate = createFirstGate()
  expect(await gate(signed(), frameAt(noon))).toMatchObject({ ok: true })
  expect(
    await gate(signed({ parameters: `${parameters};nonce="z"` }), frameAt((noon + 66_000) as never)),
  ).toMatchObject({
    clause: 'rfc9421-3.2-created',
  })
})
