import { jsonClauses } from '../../core/read-json.ts'
import { spiffeIdClauses } from '../../core/spiffe-id.ts'
import { knownAnchorClauses } from '../../identity/known-anchors.ts'
import { azureDocumentClauses } from '../../identity/azure-document.ts'
import { certificateEvidenceClauses } from '../../identity/certificate-evidence.ts'
import { azureAttestedClauses } from '../../identity/verifiers/azure-attested.ts'
import { mtlsClauses } from '../../identity/verifiers/mtls.ts'
import { checkX509SvidClauses } from '../../x509/check-x509-svid.ts'
import { checkFreshClauses } from '../../trust/check-fresh.ts'
import { buildPathClauses } from '../../x509/build-path.ts'
import { checkIssuerClauses } from '../../x509/check-issuer.ts'
import { checkPathClauses } from '../../x509/check-path.ts'
import { checkProfileClauses } from '../../x509/check-profile.ts'
import { checkRevokedClauses } from '../../x509/check-revoked.ts'
import { checkValidityClauses } from '../../x509/check-validity.ts'
import { keyRuleClauses } from '../../x509/key-rules.ts'
import { nameConstraintClauses } from '../../x509/name-constraints.ts'
import { policyClauses } from '../../x509/policies.ts'
import { verifySignatureClauses } from '../../x509/verify-signature.ts'
import { readCertificateClauses } from '../../x509/read-certificate.ts'
import { readSignedDataClauses } from '../../x509/read-signed-data.ts'
import { readExtensionsClauses } from '../../x509/read-extensions.ts'
import { readPemClauses } from '../../x509/read-pem.ts'
import { showTime, showUris } from './seen.ts'
import { all, type Check } from './check.ts'
import { path } from './common-checks.ts'

export const certificateForm: Check = {
  name: 'form',
  clauses: all(readPemClauses, readCertificateClauses, readExtensionsClauses),
  expected: () => 'certificates in PEM, the leaf first, each strict DER',
  got: ({ leaf }) => (leaf ? 'readable' : 'not readable'),
}
export const authorities: Check = {
  name: 'authorities',
  clauses: all(knownAnchorClauses, checkFreshClauses),
  expected: () => 'those of its trust domain or configuration, read not too long ago',
}
const chain: Check = {
  name: 'chain',
  clauses: all(
    buildPathClauses,
    checkIssuerClauses,
    checkPathClauses,
    checkProfileClauses,
    checkRevokedClauses,
    checkValidityClauses,
    keyRuleClauses,
    nameConstraintClauses,
    policyClauses,
    verifySignatureClauses,
  ),
  expected: ({ now }) => `a path to a configured authority, good at ${showTime(now)}`,
  got: ({ leaf, credential }) =>
    leaf && credential?.form === 'certificate'
      ? `${credential.chain.length} sent, the leaf good from ${showTime(leaf.notBefore)} to ${showTime(leaf.notAfter)}`
      : 'none',
}
export const x509Svid: readonly Check[] = [
  {
    name: 'SPIFFE ID',
    clauses: [
      checkX509SvidClauses.oneId,
      ...all(spiffeIdClauses),
      checkX509SvidClauses.workload,
      checkX509SvidClauses.trustDomain,
    ],
    expected: () => 'exactly one, of a workload in its own trust domain',
    got: (seen) => showUris(seen),
  },
  {
    name: 'leaf',
    clauses: [
      checkX509SvidClauses.leaf,
      checkX509SvidClauses.signing,
      checkX509SvidClauses.keyUsage,
      checkX509SvidClauses.purposes,
    ],
    expected: () => 'no authority, signs no certificates, digitalSignature, both purposes if any',
  },
  {
    name: 'authorities sent',
    clauses: [checkX509SvidClauses.authority],
    expected: () => 'none with the ID of a workload',
  },
  chain,
  path,
]
export const azureAttested: readonly Check[] = [
  {
    name: 'document',
    clauses: [
      azureAttestedClauses.form,
      azureAttestedClauses.signer,
      ...all(readSignedDataClauses, readCertificateClauses, readExtensionsClauses),
    ],
    expected: () => 'signed data in base64 with its content, one signer and the certificate of that signer',
  },
  authorities,
  {
    name: 'leaf',
    clauses: [azureAttestedClauses.leaf, azureAttestedClauses.domain],
    expected: () => 'of the metadata service',
  },
  { ...chain, clauses: [...chain.clauses, ...all(certificateEvidenceClauses)] },
  {
    name: 'content',
    clauses: all(azureDocumentClauses, jsonClauses),
    expected: () => 'nonce, subscriptionId, vmId and timeStamp',
  },
  {
    name: 'times',
    clauses: [azureAttestedClauses.expired, azureAttestedClauses.early],
    expected: ({ now }) => `good at ${showTime(now)}`,
  },
  {
    name: 'nonce',
    clauses: [azureAttestedClauses.nonce],
    expected: () => 'given for this service, a minute or two ago at most, by an instance of this fleet',
  },
  {
    name: 'machine',
    clauses: [azureAttestedClauses.subscription, azureAttestedClauses.vm],
    expected: () => 'one of those configured',
  },
]
export const mtls: readonly Check[] = [
  {
    name: 'client',
    clauses: all(mtlsClauses),
    expected: () => 'a name of exactly one configured client, and a leaf for clients',
  },
  chain,
]
