import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { makeKey } from '../../../pdp/identity/registry/make-key.ts'
import { createAwsSigV4Verifier } from '../../../pdp/identity/verifiers/aws-sigv4.ts'
import {
  bodyDigestOf,
  presignBySdk,
  type Signing,
  signByAws4,
  signBySdk,
  signForRegions,
} from '../../support/aws-signers.ts'
import {
  accessKey,
  madeAccessKey,
  registryIssuer,
  registryOf,
  seals,
  worldClients,
  writtenClient,
} from '../../support/clients.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { type AskParts, bearer, createAsk, createService, orders, svid } from '../../support/world.ts'

// Every request here is signed by the signers of others: of AWS's SDK, and one that is not AWS's.

const key = accessKey
const url = 'https://orders.example.org/v1/orders/42?expand=lines%20and%20taxes&b=2&a=1&b=1&empty='
const posted: Signing = {
  key,
  method: 'POST',
  url: 'https://orders.example.org/v1/orders',
  headers: { 'content-type': 'application/json' },
  body: '{"item":"a"}',
}

const settings = {
  issuer: registryIssuer,
  registry: registryOf(worldClients),
  region: 'eu-central-1',
  v4a: true,
  skew: seconds(5),
  paths: 'encoded-twice',
  payload: 'compare',
} as const

const gateWith = (changes: Partial<Parameters<typeof createAwsSigV4Verifier>[0]>) =>
  createFirstGate({ verifiers: [createAwsSigV4Verifier({ ...settings, ...changes })], links: [] })

describe('requests that others signed', () => {
  const rows: readonly (readonly [name: string, sign: () => Promise<AskParts> | AskParts])[] = [
    ["AWS's SDK", () => signBySdk({ key })],
    ["AWS's SDK, with a query", () => signBySdk({ key, url })],
    ["AWS's SDK, an escaped path", () => signBySdk({ key, url: 'https://orders.example.org/v1/a%20b/%C3%A4' })],
    ["AWS's SDK, a body", () => signBySdk(posted)],
    ["AWS's SDK, in the query", () => presignBySdk({ key })],
    ["AWS's SDK, in a query with more in it", () => presignBySdk({ key, url })],
    ["AWS's SDK for all regions", () => signForRegions({ key, region: '*' })],
    ["AWS's SDK for this region, asymmetric", () => signForRegions({ key })],
    ["AWS's SDK, asymmetric, a body", () => signForRegions(posted)],
    ['aws4', () => signByAws4({ key })],
    ['aws4, with a query', () => signByAws4({ key, url })],
    ['aws4, a body', () => signByAws4(posted)],
    ['aws4, in the query', () => signByAws4({ key }, 'query')],
  ]
  test.each(rows)('%s', async (_name, sign) => {
    expect(await createFirstGate()(createAsk(await sign()))).toMatchObject({
      ok: true,
      value: {
        subject: {
          id: `${registryIssuer}#checkout`,
          methods: ['aws-sigv4', 'request-signature'],
          assurance: { possession: 'request', single_use: true, attested: false },
        },
        attested: { environment: 'production' },
        verified: [{ key_thumbprint: key.accessKeyId, claims: { client_id: 'checkout', scope: 'orders:read' } }],
        reusable: false,
      },
    })
  })

  test.each([
    ['one region', 'eu-central-1', 2],
    ['several regions', 'eu-central-1,us-east-1', 1],
    ['all regions', '*', 1],
  ] as const)('a signature for %s is of level %s', async (_name, region, level) => {
    const caller = await createFirstGate()(createAsk(await signForRegions({ key, region })))
    expect(caller).toMatchObject({ ok: true, value: { subject: { assurance: { level } } } })
  })

  test('a proxy may have changed the host: what counts are the origins of the service', async () => {
    const ask = { ...(await signBySdk({ key })), url: 'http://10.1.2.3:8080/v1/orders/42' }
    expect(await createFirstGate()(createAsk(ask))).toMatchObject({ ok: true })
  })
})

/** What is signed, and how the request differs from it. */
type Row = readonly [
  name: string,
  defect: () => Promise<AskParts> | AskParts,
  code: Code,
  clause: string,
  twin?: () => Promise<AskParts> | AskParts,
]

const changed = (ask: AskParts, changes: Partial<AskParts>): AskParts => ({ ...ask, ...changes })
const withHeader = (ask: AskParts, name: string, ...values: string[]): AskParts =>
  changed(ask, { covered: { ...ask.covered, [name]: values } })
const authorization = ({ headers }: AskParts): string => String(headers?.['authorization'])
const withAuthorization = (ask: AskParts, change: (text: string) => string): AskParts =>
  changed(ask, { headers: { authorization: change(authorization(ask)) } })
const withoutHeader = (ask: AskParts, name: string): AskParts =>
  changed(ask, { covered: Object.fromEntries(Object.entries(ask.covered ?? {}).filter(([each]) => each !== name)) })
const inQuery = async (change: (url: string) => string, signing: Partial<Signing> = {}) => {
  const ask = await presignBySdk({ key, ...signing })
  return changed(ask, { url: change(ask.url ?? '') })
}
const stranger = madeAccessKey('stranger')
const at = (seconds: number) => noon + seconds * 1_000

const rows: readonly Row[] = [
  // 1: one form, one algorithm
  [
    'signed in a header and in the query',
    async () => changed(await signBySdk({ key }), { url: (await presignBySdk({ key })).url ?? '' }),
    'CREDENTIAL_AMBIGUOUS',
    'sigv4-header-or-query',
  ],
  [
    'two Authorization headers',
    async () => {
      const ask = await signBySdk({ key })
      return changed(ask, { headers: { authorization: [authorization(ask), authorization(ask)] } })
    },
    'CREDENTIAL_AMBIGUOUS',
    'rfc9110-11.6.2-one-authorization',
  ],
  [
    'two Authorization headers joined into one',
    async () => withAuthorization(await signBySdk({ key }), (text) => `${text}, Bearer abc`),
    'CREDENTIAL_MALFORMED',
    'sigv4-parameters',
  ],
  [
    'an algorithm of another length',
    async () => withAuthorization(await signBySdk({ key }), (text) => text.replace('SHA256', 'SHA1')),
    'CREDENTIAL_MALFORMED',
    'sigv4-algorithm',
  ],
  [
    'the algorithm exchanged',
    async () =>
      withAuthorization(await signBySdk({ key }), (text) =>
        text.replace('HMAC', 'ECDSA-P256').replace('/eu-central-1', ''),
      ),
    'AUDIENCE_REFUSED',
    'sigv4a-region-set',
  ],
  [
    'a parameter twice',
    async () => inQuery((text) => `${text}&X-Amz-Credential=a`),
    'CREDENTIAL_MALFORMED',
    'sigv4-parameters',
    () => inQuery((text) => text),
  ],
  [
    'duplicate query keys with different case',
    async () => inQuery((text) => `${text}&x-amz-signature=${'0'.repeat(64)}`),
    'CREDENTIAL_MALFORMED',
    'sigv4-parameters',
    () => inQuery((text) => text),
  ],
  [
    'a parameter spelt otherwise',
    async () => inQuery((text) => text.replace('X-Amz-Date', 'x-amz-date')),
    'CREDENTIAL_MALFORMED',
    'sigv4-parameters',
    () => inQuery((text) => text),
  ],
  [
    'a parameter left out',
    async () => inQuery((text) => text.replace(/&?X-Amz-Expires=\d+/, '')),
    'CREDENTIAL_MALFORMED',
    'sigv4-parameters',
    () => inQuery((text) => text),
  ],
  // 2: the scope
  ...(['us-east-1', 'eu-central', 'eu-central-1a'] as const).map(
    (region): Row => [`region ${region}`, () => signBySdk({ key, region }), 'AUDIENCE_REFUSED', 'sigv4-scope-region'],
  ),
  ['service of another', () => signBySdk({ key, service: 'billing' }), 'AUDIENCE_REFUSED', 'sigv4-scope-service'],
  ['service of AWS', () => signBySdk({ key, service: 'sts' }), 'AUDIENCE_REFUSED', 'sigv4-scope-service'],
  [
    'service in upper case',
    async () => withAuthorization(await signBySdk({ key }), (text) => text.replace('/orders/', '/Orders/')),
    'AUDIENCE_REFUSED',
    'sigv4-scope-service',
  ],
  [
    'another set of regions',
    () => signForRegions({ key, region: 'us-east-1' }),
    'AUDIENCE_REFUSED',
    'sigv4a-region-set',
    () => signForRegions({ key }),
  ],
  [
    'a scope of four parts',
    async () => withAuthorization(await signBySdk({ key }), (text) => text.replace('/eu-central-1', '')),
    'CREDENTIAL_MALFORMED',
    'sigv4-credential-scope',
  ],
  [
    'a scope that ends otherwise',
    async () => withAuthorization(await signBySdk({ key }), (text) => text.replace('aws4_request', 'aws5_request')),
    'CREDENTIAL_MALFORMED',
    'sigv4-credential-scope',
  ],
  // 3: the time
  [
    'signed 300 s ago',
    () => signBySdk({ key, now: at(-300) }),
    'EXPIRED',
    'sigv4-date-age',
    () => signBySdk({ key, now: at(-299) }),
  ],
  [
    'signed 6 s ahead',
    () => signBySdk({ key, now: at(6) }),
    'NOT_YET_VALID',
    'sigv4-date-not-ahead',
    () => signBySdk({ key, now: at(5) }),
  ],
  [
    'future date, in the query',
    () => presignBySdk({ key, now: at(6) }),
    'NOT_YET_VALID',
    'sigv4-date-not-ahead',
    () => presignBySdk({ key, now: at(5) }),
  ],
  [
    'a query that was good for a minute',
    () => presignBySdk({ key, now: at(-60), expiresIn: 60 }),
    'EXPIRED',
    'sigv4-date-age',
    () => presignBySdk({ key, now: at(-59), expiresIn: 60 }),
  ],
  [
    'a query that says a week: five minutes count',
    () => presignBySdk({ key, now: at(-300), expiresIn: 604_800 }),
    'EXPIRED',
    'sigv4-date-age',
    () => presignBySdk({ key, now: at(-299), expiresIn: 604_800 }),
  ],
  ...(['0', '604801', '-1', '1e2', ''] as const).map(
    (expires): Row => [
      `X-Amz-Expires ${expires}`,
      () => inQuery((text) => text.replace('X-Amz-Expires=60', `X-Amz-Expires=${expires}`)),
      'CREDENTIAL_MALFORMED',
      'sigv4-expires-form',
      () => inQuery((text) => text),
    ],
  ),
  [
    'a day that is not that of the date',
    async () => withAuthorization(await signBySdk({ key }), (text) => text.replace('/20260302/', '/20260301/')),
    'CREDENTIAL_MALFORMED',
    'sigv4-date-is-of-scope',
  ],
  ...(['20260230T120000Z', '2026-03-02T12:00:00Z', '20260302T120000', '20260302T250000Z', ''] as const).map(
    (date): Row => [
      `the date ${date}`,
      async () => withHeader(await signBySdk({ key }), 'x-amz-date', date),
      'CREDENTIAL_MALFORMED',
      'sigv4-date-form',
    ],
  ),
  [
    'no date',
    async () => withoutHeader(await signBySdk({ key }), 'x-amz-date'),
    'CREDENTIAL_MALFORMED',
    'sigv4-date-one-value',
  ],
  [
    'two dates',
    async () => withHeader(await signBySdk({ key }), 'x-amz-date', '20260302T120000Z', '20260302T120000Z'),
    'CREDENTIAL_MALFORMED',
    'sigv4-date-one-value',
  ],
  // 4: what is signed
  [
    'a header of AWS added behind the signature',
    async () => withHeader(await signBySdk({ key }), 'x-amz-meta-role', 'admin'),
    'SIGNATURE_INVALID',
    'sigv4-required-headers-signed',
  ],
  [
    'an unsigned media type',
    async () => withHeader(await signBySdk({ key }), 'content-type', 'application/xml'),
    'SIGNATURE_INVALID',
    'sigv4-required-headers-signed',
  ],
  [
    'the host is not signed',
    async () => withAuthorization(await signBySdk({ key }), (text) => text.replace('=host;', '=')),
    'SIGNATURE_INVALID',
    'sigv4-required-headers-signed',
  ],
  [
    'a signed header that did not come',
    async () => withoutHeader(await signBySdk({ key, headers: { 'x-amz-meta-role': 'a' } }), 'x-amz-meta-role'),
    'SIGNATURE_INVALID',
    'sigv4-signed-header-present',
    () => signBySdk({ key, headers: { 'x-amz-meta-role': 'a' } }),
  ],
  ...(['x-amz-date;host', 'Host;x-amz-date', 'host;host', ''] as const).map(
    (names): Row => [
      `signed headers ${names}`,
      async () =>
        withAuthorization(await signBySdk({ key }), (text) =>
          text.replace(/SignedHeaders=[^,]+/, `SignedHeaders=${names || ';'}`),
        ),
      'CREDENTIAL_MALFORMED',
      'sigv4-signed-headers-form',
    ],
  ),
  [
    'a session token that is signed',
    () => signBySdk({ key: { ...key, sessionToken: 'AQoDYXdzEPT' } }),
    'CREDENTIAL_UNSUPPORTED',
    'sigv4-no-session-token',
  ],
  [
    'a session token in the query',
    () => presignBySdk({ key: { ...key, sessionToken: 'AQoDYXdzEPT' } }),
    'CREDENTIAL_UNSUPPORTED',
    'sigv4-no-session-token',
    () => presignBySdk({ key }),
  ],
  // 5: the request itself
  [
    'another method',
    async () => changed(await signBySdk({ key }), { method: 'DELETE' }),
    'SIGNATURE_INVALID',
    'sigv4-signature',
  ],
  [
    'another path',
    async () => changed(await signBySdk({ key }), { url: 'https://orders.example.org/v1/orders/43' }),
    'SIGNATURE_INVALID',
    'sigv4-signature',
  ],
  [
    'a query added',
    async () => changed(await signBySdk({ key }), { url: 'https://orders.example.org/v1/orders/42?admin=1' }),
    'SIGNATURE_INVALID',
    'sigv4-signature',
  ],
  [
    'a plus in place of its escape',
    async () =>
      changed(await signBySdk({ key, url: 'https://orders.example.org/v1/orders/42?a=%2B' }), {
        url: 'https://orders.example.org/v1/orders/42?a=+',
      }),
    'CREDENTIAL_MALFORMED',
    'sigv4-query-plus',
    () => signBySdk({ key, url: 'https://orders.example.org/v1/orders/42?a=%2B' }),
  ],
  [
    'the host of another service',
    () => signBySdk({ key, url: 'https://billing.example.org/v1/orders/42' }),
    'SIGNATURE_INVALID',
    'sigv4-signature',
  ],
  // 6: the body
  [
    'another body',
    async () => changed(await signBySdk(posted), { bodyDigest: bodyDigestOf('{}') }),
    'SIGNATURE_INVALID',
    'sigv4-payload-hash',
    () => signBySdk(posted),
  ],
  [
    'a body whose digest did not come',
    async () => {
      const { bodyDigest: _, ...ask } = await signBySdk(posted)
      return withHeader(ask, 'content-length', '12')
    },
    'SIGNATURE_INVALID',
    'sigv4-payload-body-digest-known',
    () => signBySdk(posted),
  ],
  [
    'a body digest of another hash',
    async () => changed(await signBySdk(posted), { bodyDigest: 'sha-512=:abc=:' }),
    'SIGNATURE_INVALID',
    'sigv4-payload-body-digest-known',
    () => signBySdk(posted),
  ],
  [
    'a body that is not signed',
    () => signBySdk({ ...posted, headers: { ...posted.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    'SIGNATURE_INVALID',
    'sigv4-payload-signed',
    () => signBySdk(posted),
  ],
  [
    'a body that is signed in chunks',
    () =>
      signBySdk({
        ...posted,
        headers: { ...posted.headers, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' },
      }),
    'SIGNATURE_INVALID',
    'sigv4-payload-not-streamed',
    () => signBySdk(posted),
  ],
  [
    'a hash that is none',
    () => signBySdk({ ...posted, headers: { ...posted.headers, 'x-amz-content-sha256': 'required' } }),
    'SIGNATURE_INVALID',
    'sigv4-payload-hash-form',
    () => signBySdk(posted),
  ],
  // 7: the key
  [
    'another secret',
    () => signBySdk({ key: { ...key, secretAccessKey: stranger.secretAccessKey } }),
    'SIGNATURE_INVALID',
    'sigv4-signature',
  ],
  ['a key that is not registered', () => signBySdk({ key: stranger }), 'SIGNATURE_INVALID', 'sigv4-signature'],
  [
    'an asymmetric key that is not registered',
    () => signForRegions({ key: stranger }),
    'SIGNATURE_INVALID',
    'sigv4-signature',
    () => signForRegions({ key }),
  ],
  [
    'one digit of the signature changed',
    async () =>
      withAuthorization(await signBySdk({ key }), (text) => text.replace(/.$/, (c) => (c === '0' ? '1' : '0'))),
    'SIGNATURE_INVALID',
    'sigv4-signature',
  ],
  [
    'a signature in upper case',
    async () =>
      withAuthorization(await signBySdk({ key }), (text) => text.replace(/[0-9a-f]{64}$/, (c) => c.toUpperCase())),
    'CREDENTIAL_MALFORMED',
    'sigv4-signature-form',
  ],
  // beside another credential
  [
    'a stranger to the bearer token beside it',
    async () =>
      changed(await inQuery((text) => text), {
        headers: bearer(svid({ claims: { sub: 'spiffe://prod.example/ns/shop/sa/other' } })),
      }),
    'CREDENTIAL_CONFLICT',
    'join-one-subject',
    () => inQuery((text) => text),
  ],
] // prettier-ignore

describe('refused', () => {
  const all = rows.map(([name, defect, code, clause, twin]) => ({ name, defect, code, clause, twin }))
  test.each(all)('$name', async ({ defect, code, clause, twin = () => signBySdk({ key }) }) => {
    await refusesOnly(createFirstGate(), createAsk(await twin()), createAsk(await defect()), { code, clause })
  })

  test('an unknown key and a wrong secret are told the same', async () => {
    const answers = [stranger, { ...key, secretAccessKey: stranger.secretAccessKey }].map(async (one) =>
      createFirstGate()(createAsk(await signBySdk({ key: one }))),
    )
    const [unknown, wrong] = await Promise.all(answers)
    expect(unknown).toEqual(wrong)
  })

  test('without the request nothing can be checked', async () => {
    const ask = await signBySdk({ key })
    await refusesOnly(createFirstGate(), createAsk(ask), createAsk({ ...ask, withoutRequest: true }), {
      code: 'SIGNATURE_INVALID',
      clause: 'sigv4-request-known',
    })
  })

  test('a service without origins', async () => {
    const nowhere = createService('orders', { origins: [] })
    const ask = await signBySdk({ key })
    await refusesOnly(createFirstGate(), createAsk(ask), createAsk({ ...ask, service: nowhere }), {
      code: 'SIGNATURE_INVALID',
      clause: 'sigv4-host-own-origin',
    })
  })
})

/** The other signature that is good wherever this one is: (r, n - s), in DER. */
function mirrored(der: string): string {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const bytes = Buffer.from(der, 'hex')
  const r = bytes.subarray(4, 4 + (bytes[3] ?? 0))
  const s = bytes.subarray(6 + r.length)
  const digits = (order - BigInt(`0x${s.toString('hex')}`)).toString(16)
  const even = digits.padStart(digits.length + (digits.length % 2), '0')
  const other = Buffer.from(Number.parseInt(even.slice(0, 2), 16) > 127 ? `00${even}` : even, 'hex')
  const integer = (value: Buffer) => Buffer.concat([Buffer.from([2, value.length]), value])
  const body = Buffer.concat([integer(r), integer(other)])
  return Buffer.concat([Buffer.from([0x30, body.length]), body]).toString('hex')
}

describe('single use', () => {
  test('replay of the very request', async () => {
    const gate = createFirstGate()
    const ask = createAsk(await signBySdk({ key }))
    await refusesOnly(gate, ask, ask, { code: 'REPLAYED', clause: 'first-use' })
  })

  test('replay race: of fifty at once one is allowed', async () => {
    const gate = createFirstGate()
    const ask = createAsk(await signBySdk({ key }))
    const answers = await Promise.all(Array.from({ length: 50 }, () => gate(ask)))
    expect(answers.filter(({ ok }) => ok).length).toBe(1)
  })

  test('another ECDSA signature over the same is the same', async () => {
    const gate = createFirstGate()
    const one = await signForRegions({ key })
    const other = withAuthorization(one, (text) => text.replace(/[0-9a-f]+$/, mirrored))
    expect(authorization(one)).not.toBe(authorization(other))
    expect(await createFirstGate()(createAsk(other))).toMatchObject({ ok: true })
    await refusesOnly(gate, createAsk(one), createAsk(other), { code: 'REPLAYED', clause: 'first-use' })
  })

  test('a request that is refused later uses nothing up', async () => {
    const gate = createFirstGate()
    const ask = createAsk(await signBySdk({ key }))
    const demanding = createService('orders', { minimumAssurance: 3 })
    expect(await gate({ ...ask, service: demanding })).toMatchObject({ ok: false, code: 'ASSURANCE_REQUIRED' })
    expect(await gate(ask)).toMatchObject({ ok: true })
  })

  test('it is remembered for as long as it is good', async () => {
    const gate = createFirstGate()
    const ask = createAsk(await signBySdk({ key, now: at(-290) }))
    await refusesOnly((now: number) => gate(ask, frameAt(instant(now))), noon, noon + 9_000, {
      code: 'REPLAYED',
      clause: 'first-use',
    })
  })
})

describe('settings', () => {
  test('v4a: only where it is on', async () => {
    const ask = createAsk(await signForRegions({ key }))
    await refusesOnly((v4a: boolean) => gateWith({ v4a })(ask), true, false, {
      code: 'CREDENTIAL_UNSUPPORTED',
      clause: 'select-signed-request',
    })
  })

  test('payload: a body that is not signed, only where that is so', async () => {
    const ask = createAsk(
      await signBySdk({ ...posted, headers: { ...posted.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    )
    await refusesOnly((payload: 'unsigned' | 'compare') => gateWith({ payload })(ask), 'unsigned', 'compare', {
      code: 'SIGNATURE_INVALID',
      clause: 'sigv4-payload-signed',
    })
  })

  test('payload: without a digest of the body, only where the enforcement point compares it', async () => {
    const { bodyDigest: _, ...ask } = await signBySdk(posted)
    const bare = createAsk(withHeader(ask, 'content-length', '12'))
    await refusesOnly(
      (payload: 'enforcement-point' | 'compare') => gateWith({ payload })(bare),
      'enforcement-point',
      'compare',
      { code: 'SIGNATURE_INVALID', clause: 'sigv4-payload-body-digest-known' },
    )
    const { bodyDigest: _digest, ...unsaid } = signByAws4(posted)
    expect(await gateWith({ payload: 'enforcement-point' })(createAsk(unsaid))).toMatchObject({
      ok: false,
      clause: 'sigv4-payload-hash-said',
    })
  })

  test('paths: as AWS services have them, or as Amazon S3 does', async () => {
    const target = 'https://s3.example.org/bucket/a%20b'
    const s3 = createService('s3', { origins: ['https://s3.example.org'], audiences: ['https://s3.example.org'] })
    const registry = registryOf({ checkout: writtenClient([accessKey.written], { services: ['s3', 'orders'] }) })
    const forS3 = createAsk({ ...signByAws4({ key, url: target, service: 's3' }), service: s3 })
    await refusesOnly(
      (paths: 'as-sent' | 'encoded-twice') => gateWith({ paths, registry, payload: 'unsigned' })(forS3),
      'as-sent',
      'encoded-twice',
      { code: 'SIGNATURE_INVALID', clause: 'sigv4-signature' },
    )
    const other = createAsk(await signBySdk({ key, url: 'https://orders.example.org/v1/a%20b' }))
    expect(await gateWith({ paths: 'encoded-twice' })(other)).toMatchObject({ ok: true })
    expect(await gateWith({ paths: 'as-sent' })(other)).toMatchObject({ ok: false, clause: 'sigv4-signature' })
  })
})

test('what stands in the query of a signature, policy does not see', async () => {
  const { request } = createAsk({ ...(await presignBySdk({ key })), service: orders })
  expect(Object.keys(request?.query ?? {})).not.toContain('X-Amz-Signature')
  expect(Object.keys(request?.query ?? {})).toContain('X-Amz-Credential')
  expect(request?.rawQuery).toContain('X-Amz-Signature')
})

test('a key that `keys create` makes signs at once', async () => {
  const making = { peppers: [Buffer.alloc(32)], seals, randomBytes } as const
  const made = await makeKey(
    { method: 'aws-sigv4', client: 'made', createdAt: noon, expiresAt: instant(at(60)) },
    making,
  )
  const [accessKeyId = '', secretAccessKey = ''] = made.given?.split(' ') ?? []
  const gate = gateWith({ registry: registryOf({ made: writtenClient([made.written]) }) })
  await refusesOnly(
    async (secret: string) => gate(createAsk(await signBySdk({ key: { accessKeyId, secretAccessKey: secret } }))),
    secretAccessKey,
    key.secretAccessKey,
    { code: 'SIGNATURE_INVALID', clause: 'sigv4-signature' },
  )
})
