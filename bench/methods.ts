import { createVerify } from '../pdp/identity/verify.ts'
import { createMemoryFirstUse } from '../pdp/first-use/memory-store.ts'
import type { Ask } from '../pdp/core/ask.ts'
import { ok } from '../pdp/core/result.ts'
import { seconds } from '../pdp/core/time.ts'
import { instancePins } from '../pdp/identity/aws/instance-pins.ts'
import { createAwsIamVerifier } from '../pdp/identity/verifiers/aws-iam.ts'
import { createAwsInstanceVerifier } from '../pdp/identity/verifiers/aws-instance.ts'
import { frameAt, noon } from '../test/support/clock.ts'
import {
  accessKey,
  apiKey,
  basic,
  clientSecret,
  hmacToken,
  secretForm,
  worldClients,
  writtenClient,
} from '../test/support/clients.ts'
import { firstGateParts } from '../test/support/first-gate.ts'
import { attestation, createRegion, signedDocument } from '../test/support/aws-instances.ts'
import { identityToken, presignBySdk, presignIdentity, signBySdk, signForRegions } from '../test/support/aws-signers.ts'
import { azureDocument } from '../test/support/azure.ts'
import { type PlatformName, platformToken, platformVerifier } from '../test/support/platforms.ts'
import { clientAssertion } from '../test/support/client-assertion.ts'
import { keyPairs, keyPairToken } from '../test/support/key-pairs.ts'
import { wimseSignature } from '../test/support/signed-request.ts'
import {
  accessToken,
  type AskParts,
  bearer,
  boundToken,
  type Changes,
  checkoutCertificate,
  createAsk,
  dpop,
  opaqueToken,
  partnerCertificate,
  svid,
  vouchingGateway,
  withWpt,
  wit,
} from '../test/support/world.ts'
import { median } from './measure/median.ts'

// npm run bench methods: what one ask costs in the first gate, by kind of credential, in CPU of its thread: all from evidence
// to caller, in this process. `seen before` is the same credential each time, `new` another one each. A new kind of
// credential is a line of the table. Rounds are interleaved; figures are medians.

const rounds = 7
const warmUps = 2
const asksOfRound = 500

/** One line: how the credential of the nth ask is presented. */
type Make = (n: number) => AskParts | Promise<AskParts>

const always =
  (parts: AskParts): Make =>
  () =>
    parts
const made = accessToken()
const token = boundToken()
const workloadToken = wit()

/** Times unlike those of any other of a round: such a token has no id, and is good once. */
const timesOf = (n: number) => {
  const iat = noon / 1_000 - (n % 50)
  return { iat, exp: noon / 1_000 + 60 + (Math.trunc(n / 50) % 10) }
}

const urlOf = (n: number) => `https://orders.example.org/v1/orders/${n}`
const region = createRegion()
/** Platforms whose verifier is not in the gate of the tests; of the cluster that is not asked, under a name of its own. */
const otherPlatforms = ['azure', 'buildkite', 'circleci', 'gcp', 'gitlab-ci', 'kubernetes'] as const
const notAsked = { issuer: 'https://offline.example.org' }
const platformVerifiers = otherPlatforms.map((name) => platformVerifier(name, name === 'kubernetes' ? notAsked : {}))

/** A new token of a platform each time: those of CI systems are good once. */
const newPlatformToken =
  (name: PlatformName, changes: Changes = {}): Make =>
  (n) => ({ headers: bearer(platformToken(name, { ...changes, jti: `new-${n}` })) })

const methods: Readonly<Record<string, Make>> = {
  ...Object.fromEntries(
    otherPlatforms.map((name) => [
      `${name}, new`,
      newPlatformToken(name, name === 'kubernetes' ? { iss: notAsked.issuer } : {}),
    ]),
  ),
  'github-actions, new': newPlatformToken('github-actions'),
  'kubernetes-review, new to the gate': always({ headers: bearer(platformToken('kubernetes')) }),
  'azure-attested, new': (n) => ({
    headers: { 'workload-attestation': `azure-attested ${azureDocument({ sku: `sku-${n}` })}` },
  }),
  'api-key': always({ headers: { 'x-api-key': apiKey.text } }),
  'client-secret, Basic': always({ headers: { authorization: `Basic ${basic('checkout', clientSecret.secret)}` } }),
  'client-secret, form': always({
    credentials: [{ type: 'client-secret', token: secretForm('checkout', clientSecret.secret) }],
  }),
  'hmac-token': always({ headers: bearer(hmacToken()) }),
  'aws-sigv4': (n) => signBySdk({ key: accessKey, url: urlOf(n) }),
  'aws-sigv4, in the query': (n) => presignBySdk({ key: accessKey, url: urlOf(n) }),
  'aws-sigv4, asymmetric': (n) => signForRegions({ key: accessKey, url: urlOf(n) }),
  'aws-iam, but for STS': async (n) => {
    const key = { ...accessKey, sessionToken: `session-${n}` }
    return { headers: bearer(identityToken(await presignIdentity({ key }))) }
  },
  'aws-instance': (n) => ({
    headers: attestation(signedDocument(region, { instanceId: `i-${n.toString(16).padStart(8, '0')}` })),
  }),
  'key-pair-jwt': (n) => ({ headers: bearer(keyPairToken(keyPairs.first, { claims: timesOf(n) })) }),
  'private-key-jwt': () => ({ headers: bearer(clientAssertion()) }),
  'opaque-token': always({ headers: bearer(opaqueToken()) }),
  'access-token, seen before': always({ headers: bearer(made) }),
  'access-token, new': (n) => ({ headers: bearer(accessToken({ claims: { jti: `new-${n}` } })) }),
  'jwt-svid, seen before': always({ headers: bearer(svid()) }),
  'jwt-svid, new': (n) => ({ headers: bearer(svid({ claims: { jti: `new-${n}` } })) }),
  'x509-svid, seen before': always({ certificate: checkoutCertificate }),
  'mtls, seen before': always({ certificate: partnerCertificate }),
  'dpop, token seen before': () => ({ headers: dpop(token) }),
  'wit-svid with wpt': () => ({ headers: withWpt(workloadToken) }),
  'wit-svid with http-signature': always({
    headers: { 'workload-identity-token': workloadToken, ...wimseSignature(workloadToken) },
  }),
}

const clients = { ...worldClients, driver: writtenClient([keyPairs.first.written]) }
const frame = frameAt()

const accounts = new Map([['123456789012', {}]])
/** Of AWS, apart: the tokens of one are opaque, and all that are go to one issuer beside it. STS answers at once. */
const ofAws = [
  createAwsIamVerifier({
    endpoints: ['https://sts.eu-central-1.amazonaws.com'],
    accounts,
    skew: seconds(5),
    sts: {
      introspect: async (_, { now }) => {
        const principal = { Arn: 'arn:aws:sts::123456789012:assumed-role/checkout/a', UserId: 'AROAEXAMPLE:a' }
        const result = { ...principal, Account: '123456789012' }
        const response = { active: true, GetCallerIdentityResponse: { GetCallerIdentityResult: result } }
        return ok({ response, asOf: now, until: now })
      },
    },
  }),
  createAwsInstanceVerifier({
    pins: instancePins(['eu-central-1'], new Map([['eu-central-1', region.der]])),
    accounts,
    maxAge: seconds(3_600),
    skew: seconds(5),
  }),
]

/** CPU µs of this thread for each ask; asks are made before the clock runs. */
async function measure(name: string, make: Make, round: number): Promise<number> {
  const parts = firstGateParts(clients)
  const gate = createVerify({
    ...parts,
    verifiers: name.startsWith('aws-i') ? ofAws : [...parts.verifiers, ...platformVerifiers],
    links: [],
    firstUse: createMemoryFirstUse({ startedAt: noon, leeway: seconds(-3_600), maximum: 1_000_000 }),
  })
  const asks: Ask[] = []
  for (let i = 0; i < asksOfRound; i++) {
    asks.push(createAsk({ pep: vouchingGateway, ...(await make(round * asksOfRound + i)) }))
  }
  const before = process.threadCpuUsage()
  for (const ask of asks) {
    const answer = await gate(ask, frame)
    if (!answer.ok) throw new Error(`refused: ${answer.clause}`)
  }
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / asksOfRound
}

const figures = new Map<string, number[]>()
for (let round = 0; round < warmUps + rounds; round++) {
  for (const [name, make] of Object.entries(methods)) {
    const us = await measure(name, make, round)
    if (round >= warmUps) figures.set(name, [...(figures.get(name) ?? []), us])
  }
}
console.log(`CPU µs per ask in the first gate; medians of ${rounds} rounds of ${asksOfRound}`)
for (const [name, measured] of figures) console.log(`${name.padEnd(32)} ${median(measured).toFixed(1).padStart(8)}`)
