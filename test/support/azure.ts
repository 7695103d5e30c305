import { seconds } from '../../pdp/core/time.ts'
import { createNonces } from '../../pdp/identity/proofs/nonces.ts'
import { type AzureAttestedSettings, createAzureAttestedVerifier } from '../../pdp/identity/verifiers/azure-attested.ts'
import { ok } from '../../pdp/core/result.ts'
import { createAuthority, extension, general, type IssueParts, name, serverAuth } from './certificates.ts'
import { noon } from './clock.ts'
import { createRsaKeyPair, createSignedData, issuerAndSerial, type SignedDataParts } from './signed-data.ts'
import type { Changes } from './world.ts'

// Azure's metadata service of the tests: its authorities, and documents about one machine, made at noon.

export const azureRoot = createAuthority('Azure test root')
export const azureIssuing = azureRoot.authority('Azure test issuing CA 01')
export const azureKey = createRsaKeyPair()

let serial = 7_000n

/** A certificate of the metadata service, good at noon. */
export function azureSigner(parts: IssueParts = {}) {
  const own = ++serial
  const certificate = azureIssuing.issue({
    key: azureKey,
    subject: name('metadata.azure.com'),
    serial: own,
    ...parts,
    extensions: [
      extension.names([general.dns('metadata.azure.com'), general.dns('westeurope.metadata.azure.com')]),
      extension.purposes(serverAuth),
      ...(parts.extensions ?? []),
    ].filter(({ id }, i, all) => all.findLastIndex((each) => each.id === id) === i),
  })
  return { ...certificate, signer: issuerAndSerial(azureIssuing.subject, own) }
}
export const usualSigner = azureSigner()

export const azureNonces = createNonces(Buffer.alloc(32, 'nonces for documents'), {
  window: seconds(60),
  skew: seconds(5),
  form: 'hex',
})
export const azureSubscription = '8d10da13-8125-4ba9-a717-bf7490507b3d'
export const azureVm = '02aab8a4-74ef-476e-8182-f6d2ba4166a6'

const content = {
  licenseType: '',
  nonce: azureNonces.give('orders', noon),
  plan: { name: '', product: '', publisher: '' },
  sku: '2022-datacenter',
  subscriptionId: azureSubscription,
  timeStamp: { createdOn: '03/02/26 11:59:50 -0000', expiresOn: '03/02/26 17:59:50 -0000' },
  vmId: azureVm,
}

/** A document about the machine for the orders service, in base64. `members` change what it says, `parts` how it is signed. */
export function azureDocument(members: Changes = {}, parts: Partial<SignedDataParts> = {}): string {
  const said = Object.entries({ ...content, ...members }).filter(([, value]) => value !== undefined)
  return createSignedData({
    content: JSON.stringify(Object.fromEntries(said)),
    key: azureKey,
    signer: usualSigner.signer,
    certificates: [usualSigner.der, azureIssuing.der],
    attributes: 'none',
    ...parts,
  }).toString('base64')
}

const anchors = [azureRoot.der]

/** The verifier of the test's Azure. */
export const azureVerifier = (
  changes: Partial<AzureAttestedSettings> = {},
  environment: 'production' | 'nowhere' = 'production',
) =>
  createAzureAttestedVerifier({
    name: 'azure',
    domain: 'metadata.azure.com',
    subscriptions: [azureSubscription],
    nonces: azureNonces,
    skew: seconds(60),
    ...(environment === 'production' && { environment }),
    trust: { asOf: () => noon, anchors: async () => ok(anchors) },
    ...changes,
  })
