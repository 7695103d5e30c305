import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { ok } from '../../../pdp/core/result.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createAwsIamVerifier } from '../../../pdp/identity/verifiers/aws-iam.ts'
import { identityToken, type IdentitySigning, presignIdentity } from '../../support/aws-signers.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { refusesOnly } from '../../support/twin.ts'
import { bearer, createAsk, createService } from '../../support/world.ts'

// The rules of a verifier that forwards what it is given, one by one. What STS answers is made up here; that its own answer is
// what counts is tested against a server.

const key = { accessKeyId: 'ASIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret', sessionToken: 'AQoDYXdzEPT//+a==' }
const endpoint = 'https://sts.eu-central-1.amazonaws.com'
const role = {
  Account: '123456789012',
  Arn: 'arn:aws:sts::123456789012:assumed-role/checkout/i-0123456789abcdef0',
  UserId: 'AROAEXAMPLEID:i-0123456789abcdef0',
}
const answerOf = (result: JsonObject): JsonObject => ({
  active: true,
  GetCallerIdentityResponse: { GetCallerIdentityResult: result, ResponseMetadata: { RequestId: 'a' } },
})

function gateOf(response: JsonObject = answerOf(role), asked: string[] = []) {
  const verifier = createAwsIamVerifier({
    endpoints: [endpoint],
    skew: seconds(5),
    accounts: new Map([['123456789012', { environment: 'production' }]]),
    sts: {
      async introspect(question, { now }) {
        asked.push(question)
        return ok({ response, asOf: now, until: now })
      },
    },
  })
  return createFirstGate({ verifiers: [verifier], links: [] })
}

const ask = (url: string) => createAsk({ headers: bearer(identityToken(url)) })
const signed = (changes: Partial<IdentitySigning> = {}) => presignIdentity({ key, ...changes })

test('a pre-signed request proves the role that signed it', async () => {
  const asked: string[] = []
  expect(await gateOf(answerOf(role), asked)(ask(await signed()))).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `https://sts.amazonaws.com#${encodeURIComponent('arn:aws:iam::123456789012:role/checkout')}`,
        methods: ['aws-iam'],
        assurance: { level: 2, possession: 'none', single_use: true, audience_bound: true },
      },
      attested: {
        environment: 'production',
        aws_account: '123456789012',
        aws_principal: 'arn:aws:iam::123456789012:role/checkout',
        aws_unique_id: 'AROAEXAMPLEID',
      },
      attestedSources: { aws_account: 'sts', aws_principal: 'sts', environment: 'config' },
      verified: [{ claims: { access_key_id: key.accessKeyId, session: 'i-0123456789abcdef0', partition: 'aws' } }],
      reusable: false,
    },
  })
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatch(/^https:\/\/orders\.example\.org https:\/\/sts\.eu-central-1\.amazonaws\.com\/\?/)
})

test('a user proves itself with its path', async () => {
  const user = { Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/ops/ci', UserId: 'AIDAEXAMPLEID' }
  expect(await gateOf(answerOf(user))(ask(await signed()))).toMatchObject({
    ok: true,
    value: { attested: { aws_principal: 'arn:aws:iam::123456789012:user/ops/ci', aws_unique_id: 'AIDAEXAMPLEID' } },
  })
})

type Row = readonly [name: string, change: (url: string) => string | Promise<string>, code: Code, clause: string]
const [malformed, refused] = ['CREDENTIAL_MALFORMED', 'CREDENTIAL_REFUSED'] as const
const host = (to: string) => (url: string) => url.replace('sts.eu-central-1.amazonaws.com', to)
const form = 'aws-iam-url-form'
const elsewhere = 'aws-iam-endpoint'
const parameters = 'aws-iam-parameters'

const rows: readonly Row[] = [
  // CVE-2020-16250: the caller chooses who answers, or what
  ['STS forwarding: another host', host('sts.evil.example'), refused, elsewhere],
  ['STS forwarding: a host that begins like ours', host('sts.eu-central-1.amazonaws.com.evil'), refused, elsewhere],
  ['STS forwarding: a trailing dot', host('sts.eu-central-1.amazonaws.com.'), refused, elsewhere],
  ['STS forwarding: user information', host('sts.eu-central-1.amazonaws.com@evil.example'), malformed, form],
  [
    'STS forwarding: ours as user information',
    host('evil.example:443@sts.eu-central-1.amazonaws.com'),
    malformed,
    form,
  ],
  ['STS forwarding: a port', host('sts.eu-central-1.amazonaws.com:8443'), refused, elsewhere],
  ['STS forwarding: the default port', host('sts.eu-central-1.amazonaws.com:443'), refused, elsewhere],
  ['STS forwarding: upper case', host('STS.eu-central-1.amazonaws.com'), refused, elsewhere],
  ['STS forwarding: a letter that looks alike', host('st\u0455.eu-central-1.amazonaws.com'), refused, elsewhere],
  ['STS forwarding: an escaped host', host('sts%2eeu-central-1.amazonaws.com'), malformed, form],
  ['STS forwarding: a backslash', host('evil.example\\.sts.eu-central-1.amazonaws.com'), malformed, form],
  ['STS forwarding: another region', host('sts.us-east-1.amazonaws.com'), refused, elsewhere],
  ['STS forwarding: a loopback address', host('127.0.0.1'), refused, elsewhere],
  ['STS forwarding: plain http', (url) => url.replace('https:', 'http:'), refused, elsewhere],
  ['STS forwarding: another scheme', (url) => url.replace('https:', 'file:'), refused, elsewhere],
  ['a path', (url) => url.replace('com/?', 'com/a?'), malformed, form],
  ['a path with dots', (url) => url.replace('com/?', 'com/./?'), malformed, form],
  ['no path', (url) => url.replace('com/?', 'com?'), malformed, form],
  ['a fragment', (url) => `${url}#a`, malformed, form],
  ['a fragment in front', (url) => url.replace('?', '#?'), malformed, form],
  ['a line break', (url) => `${url}\r\nHost: evil.example`, malformed, form],
  ['a space', (url) => `${url} a`, malformed, form],
  ['no query', (url) => url.split('?')[0] ?? '', malformed, form],
  ['another action', () => signed({ action: 'GetSessionToken' }), refused, 'aws-iam-action'],
  [
    'an action in lower case',
    (url) => url.replace('GetCallerIdentity', 'getcalleridentity'),
    refused,
    'aws-iam-action',
  ],
  ['another version', (url) => url.replace('2011-06-15', '2010-05-08'), refused, 'aws-iam-action'],
  // CVE-2022-2385: parameters that are read in two ways
  ['an action twice', (url) => `${url}&Action=GetCallerIdentity`, malformed, parameters],
  ['duplicate query keys with different case', (url) => `${url}&action=GetSessionToken`, malformed, parameters],
  ['a signature twice in other case', (url) => `${url}&x-amz-signature=${'0'.repeat(64)}`, malformed, parameters],
  ['a parameter that does not belong', (url) => `${url}&RoleArn=a`, malformed, parameters],
  ['a parameter escaped', (url) => `${url}&%41ction=GetSessionToken`, malformed, parameters],
  ['no version', (url) => url.replace(/&?Version=[^&]+/, ''), malformed, parameters],
  ['no signature', (url) => url.replace(/&?X-Amz-Signature=[^&]+/, ''), malformed, parameters],
  ['a semicolon in place of an ampersand', (url) => url.replace('&Version', ';Version'), malformed, parameters],
  ['an empty parameter', (url) => `${url}&`, malformed, parameters],
  ['a broken escape', (url) => `${url}&X-Amz-Security-Token=%G1`, malformed, 'sigv4-query-encoding'],
  // who it is for, and what is signed
  ['unsigned audience header', () => signed({ headers: {} }), 'AUDIENCE_REFUSED', 'aws-iam-signed-headers'],
  [
    'a header more that is signed',
    () => signed({ headers: { 'x-k8s-aws-id': 'a', 'x-other': 'b' } }),
    'AUDIENCE_REFUSED',
    'aws-iam-signed-headers',
  ],
  ['signed for another service of AWS', () => signed({ service: 'iam' }), refused, 'aws-iam-scope-service'],
  [
    'another algorithm',
    (url) => url.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256').replace('eu-central-1%2Fsts', 'sts'),
    refused,
    'aws-iam-scope-service',
  ],
  // when
  ['future date', () => signed({ now: noon + 6_000 }), 'NOT_YET_VALID', 'aws-iam-date-not-ahead'],
  ['signed a quarter of an hour ago', () => signed({ now: noon - 900_000 }), 'EXPIRED', 'aws-iam-date-age'],
  ['good for longer than that', () => signed({ expiresIn: 901 }), malformed, 'aws-iam-expires'],
  ['a date that is none', (url) => url.replace('20260302T120000Z', '20260302T996000Z'), malformed, 'sigv4-date-form'],
]

describe('what is forwarded', () => {
  test.each(rows)('%s', async (_name, change, code, clause) => {
    const url = await signed()
    await refusesOnly(gateOf(), ask(url), ask(await change(url)), { code, clause })
  })
  test.each([
    ['signed 5 s ahead', { now: noon + 5_000 }],
    ['signed not quite a quarter of an hour ago', { now: noon - 899_000 }],
    ['that says itself good for a minute, minutes ago', { now: noon - 600_000, expiresIn: 60 }],
    ['good for a quarter of an hour', { expiresIn: 900 }],
    ['without a session token', { key: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' } }],
  ] as const)('accepted: %s', async (_name, changes) => {
    expect(await gateOf()(ask(await signed(changes)))).toMatchObject({ ok: true })
  })
  test.each([
    ['padded', (token: string) => `${token}=`],
    ['with bits behind its end', (token: string) => `${token.slice(0, -1)}_`],
    ['empty', () => 'k8s-aws-v1.'],
  ])('a token %s', async (_name, change) => {
    const token = identityToken(`${await signed()}`)
    await refusesOnly(gateOf(), createAsk({ headers: bearer(token) }), createAsk({ headers: bearer(change(token)) }), {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'aws-iam-token-base64url',
    })
  })
  test('a token of more than 4 KiB', async () => {
    const long = { ...key, sessionToken: 'A'.repeat(2_900) }
    await refusesOnly(gateOf(), ask(await signed()), ask(await signed({ key: long })), {
      code: 'CREDENTIAL_MALFORMED',
      clause: 'aws-iam-token-length',
    })
  })
  test('nothing that is refused is sent anywhere', async () => {
    const asked: string[] = []
    const gate = gateOf(answerOf(role), asked)
    const url = await signed()
    for (const [, change] of rows) await gate(ask(await change(url)))
    expect(asked).toEqual([])
  })
  test('replay: once each', async () => {
    const gate = gateOf()
    const same = ask(await signed())
    await refusesOnly(gate, same, same, { code: 'REPLAYED', clause: 'first-use' })
  })
  test('a service whose first audience cannot stand in a header', async () => {
    const url = await signed()
    const odd = createService('orders', { audiences: ['orders of today'] })
    await refusesOnly(
      gateOf(),
      ask(url),
      { ...ask(url), service: odd },
      {
        code: 'AUDIENCE_REFUSED',
        clause: 'aws-iam-audience',
      },
    )
  })
})

const shape = 'aws-iam-answer-shape'
const answers: readonly (readonly [name: string, response: JsonObject, code: Code, clause: string])[] = [
  ['that it does not take it', { active: false }, 'SIGNATURE_INVALID', 'aws-iam-sts-accepted'],
  ['nothing', { active: true }, 'TRUST_UNAVAILABLE', shape],
  ['an answer of another action', { active: true, GetSessionTokenResponse: {} }, 'TRUST_UNAVAILABLE', shape],
  ['the result alone', { active: true, ...role }, 'TRUST_UNAVAILABLE', shape],
  ['no account', answerOf({ Arn: role.Arn, UserId: role.UserId }), 'TRUST_UNAVAILABLE', shape],
  ['two accounts', answerOf({ ...role, Account: '999999999999' }), 'TRUST_UNAVAILABLE', shape],
  ['two sessions', answerOf({ ...role, UserId: 'AROAEXAMPLEID:other' }), 'TRUST_UNAVAILABLE', shape],
  ['no id', answerOf({ ...role, UserId: '' }), 'TRUST_UNAVAILABLE', shape],
  ['a number for an account', answerOf({ ...role, Account: 123_456_789_012 }), 'TRUST_UNAVAILABLE', shape],
  [
    'a role without a session',
    answerOf({ ...role, Arn: 'arn:aws:sts::123456789012:assumed-role/checkout' }),
    'TRUST_UNAVAILABLE',
    shape,
  ],
  [
    'the root of the account',
    answerOf({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:root', UserId: '123456789012' }),
    'TRUST_UNAVAILABLE',
    shape,
  ],
  [
    'a federated user',
    answerOf({ ...role, Arn: 'arn:aws:sts::123456789012:federated-user/a' }),
    'CREDENTIAL_REFUSED',
    'aws-iam-principal-kind',
  ],
  [
    'an account that is not ours',
    answerOf({
      ...role,
      Account: '999999999999',
      Arn: 'arn:aws:sts::999999999999:assumed-role/checkout/i-0123456789abcdef0',
    }),
    'CREDENTIAL_REFUSED',
    'aws-account',
  ],
]

describe('STS answers', () => {
  test.each(answers)('%s', async (_name, response, code, clause) => {
    const url = await signed()
    await refusesOnly((answer: JsonObject) => gateOf(answer)(ask(url)), answerOf(role), response, { code, clause })
  })
})
