import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Code } from '../../../pdp/core/codes.ts'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { respondOf } from '../../../pdp/doors/respond.ts'
import type { AzureAttestedSettings } from '../../../pdp/identity/verifiers/azure-attested.ts'
import {
  azureDocument,
  azureIssuing,
  azureKey,
  azureNonces,
  azureRoot,
  azureSigner,
  azureSubscription,
  azureVerifier,
  azureVm,
  usualSigner,
} from '../../support/azure.ts'
import { createAuthority, createCertificate, extension, general, name, serverAuth } from '../../support/certificates.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createTestDecisionPoint } from '../../support/decision-point.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import {
  createRsaKeyPair,
  issuerAndSerial,
  type SignedDataParts,
  sha256WithRsa,
  streamed,
} from '../../support/signed-data.ts'
import { refusesOnly } from '../../support/twin.ts'
import { type AskParts, billing, type Changes, createAsk } from '../../support/world.ts'

const gateOf = (changes: Partial<AzureAttestedSettings> = {}) =>
  createFirstGate({ verifiers: [azureVerifier(changes)], links: [] })
const headers = (document: string) => ({ 'workload-attestation': `azure-attested ${document}` })
const askWith = (document: string, more: AskParts = {}) => createAsk({ headers: headers(document), ...more })

test('a document proves the machine that it is about, by its subscription and id', async () => {
  expect(await gateOf()(askWith(azureDocument()))).toMatchObject({
    ok: true,
    value: {
      subject: {
        id: `azure#${azureSubscription}%2F${azureVm}`,
        issuer: 'azure',
        methods: ['azure-attested'],
        assurance: { level: 1, possession: 'none', attested: true, single_use: true },
      },
      attested: {
        environment: 'production',
        subscription_id: azureSubscription,
        vm_id: azureVm,
        sku: '2022-datacenter',
      },
      verified: [{ attested_at: '2026-03-02T11:59:50.000Z', expires_at: '2026-03-02T13:00:00.000Z' }],
      reusable: false,
    },
  })
})

test('it is taken in the body as well, streamed, with signed attributes, and with ids in upper case', async () => {
  const body = createAsk({ credentials: [{ type: 'azure-attested', token: azureDocument() }] })
  expect(await gateOf()(body)).toMatchObject({ ok: true })
  const bytes = streamed(Buffer.from(azureDocument(), 'base64')).toString('base64')
  expect(await gateOf()(askWith(bytes))).toMatchObject({ ok: true })
  const like: Partial<SignedDataParts> = { attributes: 'usual', digestAlgorithm: sha256WithRsa }
  const upper = azureDocument({ vmId: azureVm.toUpperCase() }, like)
  expect(await gateOf()(askWith(upper))).toMatchObject({ ok: true, value: { attested: { vm_id: azureVm } } })
})

const stamp = (createdOn: unknown, expiresOn: unknown) => ({ timeStamp: { createdOn, expiresOn } })
const made = '03/02/26 11:59:50 -0000'
const ends = '03/02/26 17:59:50 -0000'
const strangersRoot = createAuthority('Azure test root')
const strangersKey = createRsaKeyPair()
const strangers = strangersRoot.issue({
  key: strangersKey,
  subject: name('metadata.azure.com'),
  serial: 9n,
  extensions: [extension.names([general.dns('metadata.azure.com')]), extension.purposes(serverAuth)],
})
const signedBy = (parts: Parameters<typeof azureSigner>[0]): Partial<SignedDataParts> => {
  const { der, signer } = azureSigner(parts)
  return { signer, certificates: [der, azureIssuing.der] }
}
const [malformed, refused, certificate] = ['CREDENTIAL_MALFORMED', 'CREDENTIAL_REFUSED', 'CERTIFICATE_REFUSED'] as const

const contents: readonly (readonly [string, Changes, Code, string])[] = [
  ['another subscription', { subscriptionId: azureVm }, refused, 'azure-attested-subscription'],
  ['no subscription', { subscriptionId: undefined }, malformed, 'azure-attested-content'],
  ['an empty machine, as in the sample of the documentation', { vmId: '' }, malformed, 'azure-attested-content'],
  ['a machine in a list', { vmId: [azureVm] }, malformed, 'azure-attested-content'],
  [
    'the nonce of another service',
    { nonce: azureNonces.give('billing', noon) },
    'ATTESTATION_STALE',
    'azure-attested-nonce',
  ],
  [
    'the nonce of three minutes ago',
    { nonce: azureNonces.give('orders', plus(noon, seconds(-180))) },
    'ATTESTATION_STALE',
    'azure-attested-nonce',
  ],
  ['a nonce of its own', { nonce: '1234567890' }, 'ATTESTATION_STALE', 'azure-attested-nonce'],
  [
    'a nonce in upper case',
    { nonce: azureNonces.give('orders', noon).toUpperCase() },
    'ATTESTATION_STALE',
    'azure-attested-nonce',
  ],
  ['no nonce', { nonce: undefined }, malformed, 'azure-attested-content'],
  ['a nonce that is a number', { nonce: 1 }, malformed, 'azure-attested-content'],
  ['no times', { timeStamp: undefined }, malformed, 'azure-attested-content'],
  [
    'an end that has passed',
    stamp('03/02/26 05:00:00 -0000', '03/02/26 11:58:59 -0000'),
    'EXPIRED',
    'azure-attested-expired',
  ],
  ['a time in the future', stamp('03/02/26 12:02:00 -0000', ends), 'NOT_YET_VALID', 'azure-attested-created'],
  ['an end before its beginning', stamp(ends, made), malformed, 'azure-attested-times'],
  ['no end', stamp(made, undefined), malformed, 'azure-attested-times'],
  ['an end on no day', stamp(made, '02/30/26 17:59:50 -0000'), malformed, 'azure-attested-times'],
  ['an end in another zone', stamp(made, '03/02/26 17:59:50 +0100'), malformed, 'azure-attested-times'],
  ['an end as a date of today', stamp(made, '2026-03-02T17:59:50Z'), malformed, 'azure-attested-times'],
] // prettier-ignore

test.each(contents)('refused: %s', (_, defect, code, clause) =>
  refusesOnly(gateOf(), askWith(azureDocument()), askWith(azureDocument(defect)), { code, clause }),
)

const signatures: readonly (readonly [string, Partial<SignedDataParts>, Code, string])[] = [
  [
    'a document beside another that was signed',
    { shown: '{"vmId":"x"}' },
    'SIGNATURE_INVALID',
    'rfc5280-6.1.3-signature',
  ],
  ['the genuine certificate, another key', { key: strangersKey }, 'SIGNATURE_INVALID', 'rfc5280-6.1.3-signature'],
  [
    'a stranger with a genuine certificate in the bag',
    {
      key: strangersKey,
      signer: issuerAndSerial(strangersRoot.subject, 9n),
      certificates: [usualSigner.der, azureIssuing.der, strangers.der, strangersRoot.der],
    },
    'SIGNATURE_INVALID',
    'rfc5280-6.1.3-signature',
  ],
  [
    'a stranger who names the genuine certificate',
    { key: strangersKey, certificates: [strangers.der, usualSigner.der, azureIssuing.der] },
    'SIGNATURE_INVALID',
    'rfc5280-6.1.3-signature',
  ],
  ['no certificate of the signer', { certificates: [azureIssuing.der] }, refused, 'azure-attested-signer'],
  [
    'the certificate of the signer twice',
    { certificates: [usualSigner.der, usualSigner.der, azureIssuing.der] },
    refused,
    'azure-attested-signer',
  ],
  ['no intermediate', { certificates: [usualSigner.der] }, certificate, 'rfc5280-6.1-path'],
  [
    'a certificate of another name',
    signedBy({ extensions: [extension.names([general.dns('evil.example')])] }),
    certificate,
    'azure-attested-domain',
  ],
  [
    'a name that ends alike',
    signedBy({ extensions: [extension.names([general.dns('evilmetadata.azure.com')])] }),
    certificate,
    'azure-attested-domain',
  ],
  [
    'a name that begins alike',
    signedBy({ extensions: [extension.names([general.dns('metadata.azure.com.evil.example')])] }),
    certificate,
    'azure-attested-domain',
  ],
  [
    'a name as a URI alone',
    signedBy({ extensions: [extension.names([general.uri('https://metadata.azure.com')])] }),
    certificate,
    'azure-attested-domain',
  ],
  [
    'an authority that signs itself',
    signedBy({ extensions: [extension.basicConstraints(true)] }),
    certificate,
    'azure-attested-leaf',
  ],
  [
    'a certificate that is for no signing',
    signedBy({ extensions: [extension.keyUsage(['keyEncipherment'])] }),
    certificate,
    'azure-attested-leaf',
  ],
  [
    'a certificate for clients alone',
    signedBy({ extensions: [extension.purposes('1.3.6.1.5.5.7.3.2')] }),
    certificate,
    'rfc5280-4.2.1.12-purpose',
  ],
  ['a certificate that has expired', signedBy({ notAfter: noon - 1 }), 'EXPIRED', 'rfc5280-6.1.3-not-after'],
  [
    'a certificate that cannot be read',
    { certificates: [usualSigner.der, Buffer.from([0x30, 0])] },
    malformed,
    'rfc5280-4.1-certificate',
  ],
  ['two signers', { signers: 2 }, malformed, 'rfc5652-5.1-one-signer'],
  ['no content', { withoutContent: true }, malformed, 'rfc5652-5.2-content-there'],
  ['content that is no text', { content: Buffer.from([0xff]) }, malformed, 'azure-attested-content'],
  ['content that is no object', { content: '[]' }, malformed, 'azure-attested-content'],
  ['content with a member twice', { content: '{"vmId":"a","vmId":"b"}' }, malformed, 'json-duplicate-key'],
] // prettier-ignore

test.each(signatures)('refused: %s', (_, defect, code, clause) =>
  refusesOnly(gateOf(), askWith(azureDocument()), askWith(azureDocument({}, defect)), { code, clause }),
)

test.each([
  ['no base64', 'ä', 'rfc5652-5.1-signed-data'],
  [
    'base64url',
    azureDocument().replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
    'rfc5652-5.1-signed-data',
  ],
  ['too long', 'A'.repeat(22_004), 'cms-signed-data-length'],
  ['something else', Buffer.from('{}').toString('base64'), 'rfc5652-5.1-signed-data'],
])('refused: %s', (_, text, clause) =>
  refusesOnly(
    gateOf(),
    askWith(azureDocument()),
    createAsk({ credentials: [{ type: 'azure-attested', token: text }] }),
    {
      code: malformed,
      clause,
    },
  ),
)

test('what it does not say is no fact', async () => {
  const gate = createFirstGate({ verifiers: [azureVerifier({}, 'nowhere')], links: [] })
  const answer = await gate(askWith(azureDocument({ sku: undefined })))
  expect(answer.ok && answer.value.attested).toEqual({ subscription_id: azureSubscription, vm_id: azureVm })
})

describe('settings', () => {
  test('machines may be listed one by one', async () => {
    const check = (vms: readonly string[]) => gateOf({ vms })(askWith(azureDocument()))
    await refusesOnly(check, [azureVm], [azureSubscription], { code: refused, clause: 'azure-attested-vm' })
  })
  test('the domain is that of one cloud', async () => {
    const china = signedBy({ extensions: [extension.names([general.dns('chinaeast.metadata.azure.cn')])] })
    const check = (domain: string) => gateOf({ domain })(askWith(azureDocument({}, china)))
    await refusesOnly(check, 'metadata.azure.cn', 'metadata.azure.com', {
      code: certificate,
      clause: 'azure-attested-domain',
    })
  })
  test('intermediates that Azure leaves out can be configured, and trust nobody by themselves', async () => {
    const document = azureDocument({}, { certificates: [usualSigner.der] })
    const aids = (...intermediates: readonly Buffer[]) => ({
      aids: { aids: async () => ({ ok: true as const, value: { intermediates, lists: [] } }) },
    })
    const check = (given: readonly Buffer[]) => gateOf(aids(...given))(askWith(document))
    await refusesOnly(check, [azureIssuing.der], [strangersRoot.der], { code: certificate, clause: 'rfc5280-6.1-path' })
  })
})

describe('single use', () => {
  test('a document is good once for a service', async () => {
    const gate = gateOf()
    const document = azureDocument()
    expect(await gate(askWith(document, { askId: 'a' }))).toMatchObject({ ok: true })
    expect(await gate(askWith(document, { askId: 'b' }))).toMatchObject({ code: 'REPLAYED', clause: 'first-use' })
    const streamedAgain = streamed(Buffer.from(document, 'base64')).toString('base64')
    expect(await gate(askWith(streamedAgain, { askId: 'c' }))).toMatchObject({ code: 'REPLAYED', clause: 'first-use' })
  })
  test('50 presentations at once: exactly one is allowed', async () => {
    const gate = gateOf()
    const document = azureDocument()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => gate(askWith(document, { askId: `r-${i}` }))),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  })
})

describe('the nonce', () => {
  test('is told with the refusal, at every door, and good for that service', async () => {
    const point = await createTestDecisionPoint({ parts: { verifiers: [azureVerifier()], links: [] } })
    const answer = await point.decide(askWith(azureDocument({ nonce: 'x' })))
    expect(answer.code).toBe('ATTESTATION_STALE')
    const { headers: said, status } = respondOf(answer)
    expect(status).toBe(401)
    const nonce = said['attestation-nonce'] ?? ''
    expect(nonce).toMatch(/^[0-9a-f]{32}$/)
    expect(azureNonces.accepts(nonce, 'orders', noon)).toBe(true)
    expect(azureNonces.accepts(nonce, 'billing', noon)).toBe(false)
  })
  test('of one service makes no document for another', async () => {
    const check = (nonce: string) => gateOf()(askWith(azureDocument({ nonce }), { service: billing }))
    await refusesOnly(check, azureNonces.give('billing', noon), azureNonces.give('orders', noon), {
      code: 'ATTESTATION_STALE',
      clause: 'azure-attested-nonce',
    })
  })
  test('is good in its window and the next', async () => {
    const at = (after: number) => gateOf()(askWith(azureDocument()), frameAt(plus(noon, seconds(after))))
    await refusesOnly(at, 119, 120, { code: 'ATTESTATION_STALE', clause: 'azure-attested-nonce' })
  })
})

test('no changed byte of a document is taken for another machine', async () => {
  const bytes = Buffer.from(azureDocument(), 'base64')
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ change
      const answer = await gateOf()(askWith(changed.toString('base64')))
      // what nobody signs may change: versions, and the list of algorithms before the content
      if (answer.ok) expect(answer.value.subject?.id).toBe(`azure#${azureSubscription}%2F${azureVm}`)
    }),
    { numRuns: 300 },
  )
})

test('a leaf that anybody could make is nobody', async () => {
  const own = createCertificate({
    subject: name('metadata.azure.com'),
    key: azureKey,
    serial: 5n,
    extensions: [extension.names([general.dns('metadata.azure.com')]), extension.purposes(serverAuth)],
  })
  const parts = { signer: issuerAndSerial(name('metadata.azure.com'), 5n), certificates: [own.der, azureRoot.der] }
  await refusesOnly(gateOf(), askWith(azureDocument()), askWith(azureDocument({}, parts)), {
    code: certificate,
    clause: 'rfc5280-6.1-path',
  })
})
