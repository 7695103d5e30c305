import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { instanceCertificates } from '../../../pdp/identity/aws/instance-certificates.ts'
import { instancePins } from '../../../pdp/identity/aws/instance-pins.ts'
import { createAwsInstanceVerifier } from '../../../pdp/identity/verifiers/aws-instance.ts'
import { attestation, createRegion, instanceDocument, signedDocument } from '../../support/aws-instances.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { attribute, createRsaKeyPair } from '../../support/signed-data.ts'
import { refusesOnly } from '../../support/twin.ts'
import { type Changes, createAsk, createService } from '../../support/world.ts'

// AWS publishes no document that verifies under a key of 2048 bits: these are signed by a region of our own.

const frankfurt = createRegion()
const ireland = createRegion()
const pins = instancePins(
  ['eu-central-1', 'eu-west-1'],
  new Map([
    ['eu-central-1', frankfurt.der],
    ['eu-west-1', ireland.der],
  ]),
)

const gateOf = (maxAge = 3_600, account = '123456789012') =>
  createFirstGate({
    verifiers: [
      createAwsInstanceVerifier({
        pins,
        accounts: new Map([[account, { environment: 'production' }]]),
        maxAge: seconds(maxAge),
        skew: seconds(5),
      }),
    ],
    links: [],
  })

const ask = (document: Buffer) => createAsk({ headers: attestation(document) })
const signed = (changes: Changes = {}, parts: Parameters<typeof signedDocument>[2] = {}) =>
  signedDocument(frankfurt, changes, parts)

test('a document proves its instance, and little about who shows it', async () => {
  expect(await gateOf()(ask(signed()))).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `https://ec2.amazonaws.com#${encodeURIComponent('123456789012/eu-central-1/i-0123456789abcdef0')}`,
        methods: ['aws-instance'],
        assurance: { level: 0, possession: 'none', audience_bound: false, single_use: true, attested: true },
      },
      attested: {
        environment: 'production',
        aws_account: '123456789012',
        aws_region: 'eu-central-1',
        aws_availability_zone: 'eu-central-1a',
        aws_instance: 'i-0123456789abcdef0',
        aws_image: 'ami-0123456789abcdef0',
        aws_instance_type: 'm7g.large',
      },
      attestedSources: { aws_instance: 'document', environment: 'config' },
      verified: [{ claims: { privateIp: '10.0.0.10' }, attested_at: '2026-03-02T12:00:00.000Z' }],
      reusable: false,
    },
  })
})

type Row = readonly [name: string, defect: () => Buffer, code: Code, clause: string]
const [malformed, refused] = ['CREDENTIAL_MALFORMED', 'CREDENTIAL_REFUSED'] as const
const members = 'aws-instance-document-members'

const rows: readonly Row[] = [
  [
    'signed content differs from parsed content: a forged document in a genuine envelope',
    () => signed({}, { shown: JSON.stringify({ ...instanceDocument, accountId: '666666666666' }) }),
    'SIGNATURE_INVALID',
    'rfc5652-11.2-message-digest',
  ],
  [
    'signed content differs from parsed content, without signed attributes',
    () => signed({}, { attributes: 'none', shown: JSON.stringify({ ...instanceDocument, instanceType: 'x' }) }),
    'SIGNATURE_INVALID',
    'aws-instance-signature',
  ],
  [
    'signer not the checked certificate: its own certificate beside it',
    () => signedDocument({ ...frankfurt, key: ireland.key }, {}, { certificates: [ireland.der] }),
    'SIGNATURE_INVALID',
    'aws-instance-signature',
  ],
  [
    'attacker-chosen key source: the key of another region',
    () => signedDocument(ireland, {}),
    'SIGNATURE_INVALID',
    'aws-instance-signature',
  ],
  [
    'the key of somebody else',
    () => signed({}, { key: createRsaKeyPair() }),
    'SIGNATURE_INVALID',
    'aws-instance-signature',
  ],
  ['two signers', () => signed({}, { signers: 2 }), malformed, 'rfc5652-5.1-one-signer'],
  ['no content', () => signed({}, { withoutContent: true }), malformed, 'rfc5652-5.2-content-there'],
  [
    'attributes without a digest',
    () => signed({}, { attributes: [attribute.contentType()] }),
    malformed,
    'rfc5652-11-attributes',
  ],
  [
    'another region',
    () => signed({ region: 'us-east-1', availabilityZone: 'us-east-1a' }),
    refused,
    'aws-instance-region',
  ],
  ['another account', () => signed({ accountId: '666666666666' }), refused, 'aws-account'],
  ['no account', () => signed({ accountId: undefined }), malformed, members],
  ['an account that is a number', () => signed({ accountId: 123_456_789_012 }), malformed, members],
  ['no instance', () => signed({ instanceId: undefined }), malformed, members],
  ['an instance that is none', () => signed({ instanceId: 'i-../../a' }), malformed, members],
  ['no pendingTime', () => signed({ pendingTime: undefined }), malformed, members],
  ['a pendingTime that is none', () => signed({ pendingTime: '2026-02-30T12:00:00Z' }), malformed, members],
  ['a document that is a list', () => signed({}, { content: '[]' }), malformed, 'aws-instance-document-json'],
  ['a document that is no JSON', () => signed({}, { content: 'a' }), malformed, 'aws-instance-document-json'],
  [
    'a member twice',
    () => signed({}, { content: JSON.stringify(instanceDocument).replace('{', '{"accountId":"666666666666",') }),
    malformed,
    'aws-instance-document-json',
  ],
  [
    'started an hour ago',
    () => signed({ pendingTime: '2026-03-02T11:00:00Z' }),
    'EXPIRED',
    'aws-instance-pending-time-age',
  ],
  [
    'starts in ten seconds',
    () => signed({ pendingTime: '2026-03-02T12:00:10Z' }),
    'NOT_YET_VALID',
    'aws-instance-pending-time-not-ahead',
  ],
]

describe('refused', () => {
  test.each(rows)('%s', (_name, defect, code, clause) =>
    refusesOnly(gateOf(), ask(signed({ instanceId: 'i-00000001' })), ask(defect()), { code, clause }),
  )
  test.each([
    ['padded', (token: string) => `${token}====`],
    ['that is empty', () => ''],
    ['in lines', (token: string) => `${token.slice(0, 64)}\n${token.slice(64)}`],
    ['in base64url', (token: string) => token.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')],
    ['of 13 KiB', (token: string) => token.padEnd(13_000, 'A')],
  ])('a token %s', async (_name, change) => {
    const document = signed()
    const encoded = change(document.toString('base64'))
    const defect = createAsk({ credentials: [{ type: 'aws-instance', token: encoded }] })
    await refusesOnly(gateOf(), ask(document), defect, { code: 'CREDENTIAL_MALFORMED', clause: 'aws-instance-base64' })
  })
})

describe('first use binds', () => {
  const replayed = { code: 'REPLAYED', clause: 'first-use' } as const
  test('an instance shows its document once', async () => {
    const gate = gateOf()
    await refusesOnly(gate, ask(signed()), ask(signed()), replayed)
  })
  test('at one service alone', async () => {
    const gate = gateOf()
    const billing = createService('billing')
    await refusesOnly(gate, ask(signed()), { ...ask(signed()), service: billing }, replayed)
  })
  test('an older document of it, or a newer, does not serve as another', async () => {
    const gate = gateOf()
    const older = ask(signed({ pendingTime: '2026-03-02T11:30:00Z' }))
    await refusesOnly(gate, ask(signed()), older, replayed)
  })
  test('another instance may still', async () => {
    const gate = gateOf()
    for (const instanceId of ['i-00000001', 'i-00000002']) {
      expect(await gate(ask(signed({ instanceId })))).toMatchObject({ ok: true })
    }
  })
  test('until it is too old to be shown at all', async () => {
    const gate = gateOf()
    const later = (after: number) => gate(ask(signed()), frameAt(instant(noon + after * 1_000)))
    await refusesOnly(later, 0, 3_599, replayed)
    expect(await later(3_600)).toMatchObject({ ok: false, code: 'EXPIRED' })
  })
  test('replay race: of fifty at once one is allowed', async () => {
    const gate = gateOf()
    const same = ask(signed())
    const answers = await Promise.all(Array.from({ length: 50 }, () => gate(same)))
    expect(answers.filter(({ ok }) => ok).length).toBe(1)
  })
})

test('max_age_s: how long after its start', () =>
  refusesOnly((maxAge: number) => gateOf(maxAge)(ask(signed({ pendingTime: '2026-03-02T11:58:00Z' }))), 300, 60, {
    code: 'EXPIRED',
    clause: 'aws-instance-pending-time-age',
  }))

describe('pins', () => {
  test.each(Object.keys(instanceCertificates))('%s can be read, and is a key of 2048 bits', (region) => {
    const pin = instancePins([region]).get(region)
    expect(pin).toMatchObject({ kind: 'rsa' })
  })
  test('a region that this release does not know needs a certificate', () => {
    expect(() => instancePins(['mars-north-1'], new Map([['mars-north-1', frankfurt.der]]))).not.toThrow()
    expect(() => instancePins(['mars-north-1'])).toThrow('region `mars-north-1` has no certificate in this release')
  })
})
