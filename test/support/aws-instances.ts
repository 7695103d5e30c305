import { createCertificate, name, pemOf } from './certificates.ts'
import {
  createRsaKeyPair,
  createSignedData,
  issuerAndSerial,
  type SignedDataParts,
  signedByRsa,
} from './signed-data.ts'
import type { Changes } from './world.ts'

// An EC2 of a test's own: its regions have keys, and it signs documents of instances with them.

const awsName = name('Amazon Web Services LLC')

/** The key of a region, with its certificate as AWS publishes it. */
export function createRegion() {
  const key = createRsaKeyPair()
  const certificate = createCertificate({ subject: awsName, key, ...signedByRsa(key) }, key.privateKey)
  return { key, der: certificate.der, pem: pemOf(certificate) }
}

export type Region = ReturnType<typeof createRegion>

/** What an instance of the test world says, launched at noon. */
export const instanceDocument = {
  accountId: '123456789012',
  architecture: 'x86_64',
  availabilityZone: 'eu-central-1a',
  imageId: 'ami-0123456789abcdef0',
  instanceId: 'i-0123456789abcdef0',
  instanceType: 'm7g.large',
  pendingTime: '2026-03-02T12:00:00Z',
  privateIp: '10.0.0.10',
  region: 'eu-central-1',
  version: '2017-09-30',
}

const withoutUndefined = (members: Changes): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** Its identity document, signed by the key of its region. */
export const signedDocument = ({ key }: Region, changes: Changes = {}, parts: Partial<SignedDataParts> = {}): Buffer =>
  createSignedData({
    content: JSON.stringify(withoutUndefined({ ...instanceDocument, ...changes }), undefined, 2),
    key,
    signer: issuerAndSerial(awsName, 1n),
    ...parts,
  })

/** The same as an instance presents it. */
export const attestation = (document: Buffer, encoded = document.toString('base64')) => ({
  'workload-attestation': `aws-instance ${encoded}`,
})
