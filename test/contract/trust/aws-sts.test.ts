import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seconds } from '../../../pdp/core/time.ts'
import { audienceHeader } from '../../../pdp/identity/aws/read-presigned.ts'
import { createAwsIamVerifier } from '../../../pdp/identity/verifiers/aws-iam.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { timerSchedule } from '../../../pdp/net/schedule.ts'
import { createAskCallerIdentity } from '../../../pdp/trust/caller-identity.ts'
import { createIntrospector } from '../../../pdp/trust/introspector.ts'
import { identityToken, type IdentitySigning, presignIdentity } from '../../support/aws-signers.ts'
import { noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { send, type StsKey, type StsServer, startSts } from '../../support/sts-server.ts'
import { refusesOnly } from '../../support/twin.ts'
import { bearer, createAsk } from '../../support/world.ts'

// The whole way: a request that the SDK signed for STS, forwarded to one that checks it as STS does.

const role: StsKey = {
  accessKeyId: 'ASIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG',
  sessionToken: 'AQoDYXdzEPT//////////wEXAMPLE==',
  account: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/checkout/session',
  userId: 'AROAEXAMPLEID:session',
}
const evil: StsKey = {
  ...role,
  accessKeyId: 'ASIAEVIL000000000000',
  account: '666666666666',
  arn: role.arn.replace('123456789012', '666666666666'),
}

let sts: StsServer
beforeAll(async () => {
  sts = await startSts([role, evil])
})
afterAll(() => sts.close())

function gate() {
  const verifier = createAwsIamVerifier({
    endpoints: [sts.origin],
    skew: seconds(5),
    accounts: new Map([[role.account, { environment: 'production' }]]),
    sts: createIntrospector({
      ask: createAskCallerIdentity({
        fetch: createFetch({ privateOrigins: [sts.origin], maximumBytes: 16_384, timeout: seconds(2) }),
        audienceHeader,
      }),
      clock: () => noon,
      schedule: timerSchedule,
      maxCached: seconds(0),
      concurrency: 16,
    }),
  })
  return createFirstGate({ verifiers: [verifier], links: [] })
}

const ask = async (changes: Partial<IdentitySigning> = {}) =>
  createAsk({ headers: bearer(identityToken(await presignIdentity({ key: role, endpoint: sts.origin, ...changes }))) })

test('who signed is who STS says', async () => {
  expect(await gate()(await ask())).toMatchObject({
    ok: true,
    value: {
      attested: { aws_principal: 'arn:aws:iam::123456789012:role/checkout' },
      subject: { methods: ['aws-iam'] },
    },
  })
})

const rejected = { code: 'SIGNATURE_INVALID', clause: 'aws-iam-sts-accepted' } as const

describe('STS does not take', () => {
  test('what was signed for another audience: the header is ours', async () =>
    refusesOnly(gate(), await ask(), await ask({ audience: 'another-cluster' }), rejected))
  test('another secret', async () =>
    refusesOnly(gate(), await ask(), await ask({ key: { ...role, secretAccessKey: 'guessed' } }), rejected))
  test('a key that it does not know', async () =>
    refusesOnly(gate(), await ask(), await ask({ key: { ...role, accessKeyId: 'ASIAUNKNOWN' } }), rejected))
})

test('an account that is not ours, which STS knows', async () =>
  refusesOnly(gate(), await ask(), await ask({ key: evil }), { code: 'CREDENTIAL_REFUSED', clause: 'aws-account' }))

describe('what is no answer of STS counts for nothing', () => {
  const claimed = {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: { Account: role.account, Arn: role.arn, UserId: role.userId },
    },
  }
  const xml = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${role.arn}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`
  const answers: readonly (readonly [string, Parameters<StsServer['answerWith']>[0], string])[] = [
    ['a redirect', (_, response) => response.writeHead(302, { location: `${sts.origin}/evil` }).end(), 'sts-answered'],
    ['XML', (_, response) => response.writeHead(200, { 'content-type': 'text/xml' }).end(xml), 'sts-answered'],
    [
      'XML that says it is JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(xml),
      'sts-answer-json',
    ],
    ['JSON that says it is text', (_, response) => send(response, 200, claimed, 'text/plain'), 'sts-answered'],
    ['another status', (_, response) => send(response, 202, claimed), 'sts-answered'],
    ['a failure', (_, response) => send(response, 500, claimed), 'sts-answered'],
    ['a list', (_, response) => send(response, 200, [claimed]), 'sts-answer-json'],
    [
      'a member twice',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1,"a":2}'),
      'sts-answer-json',
    ],
    [
      'an answer that says of itself that it is active',
      (_, response) => send(response, 200, { active: true }),
      'aws-iam-answer-shape',
    ],
    ['too much', (_, response) => send(response, 200, { ...claimed, more: 'a'.repeat(20_000) }), 'sts-answered'],
    ['nothing', (request) => request.socket.destroy(), 'sts-answered'],
  ]
  test.each(answers)('%s', async (_name, answer, clause) => {
    sts.answerWith(undefined)
    expect(await gate()(await ask())).toMatchObject({ ok: true })
    sts.answerWith(answer)
    const refused = await gate()(await ask())
    sts.answerWith(undefined)
    expect(refused).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause })
  })
  test('a refusal, whatever is in it', async () => {
    sts.answerWith((_, response) => send(response, 403, claimed))
    const refused = await gate()(await ask())
    sts.answerWith(undefined)
    expect(refused).toMatchObject({ ok: false, ...rejected })
  })
})

test('no answer is kept: the same token is asked about again, and refused as used', async () => {
  const same = await ask()
  const one = gate()
  const before = sts.asked()
  await refusesOnly(one, same, same, { code: 'REPLAYED', clause: 'first-use' })
  expect(sts.asked() - before).toBe(2)
})
