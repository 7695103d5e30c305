import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import type { DocumentCredential } from '../../core/credential.ts'
import { sha256 } from '../../core/digest.ts'
import { stringMember } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { earliest, type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import type { RevocationKey, Verified, Verifier } from '../../seams.ts'
import type { Certificate } from '../../x509/certificate.ts'
import type { Path } from '../../x509/path.ts'
import { readCertificate } from '../../x509/read-certificate.ts'
import { readSignedText } from '../../x509/read-signed-data.ts'
import { isOfSigner, type SignedData } from '../../x509/signed-data.ts'
import { purposes } from '../../x509/usage-extensions.ts'
import { verifySignature } from '../../x509/verify-signature.ts'
import { type AzureDocument, readAzureDocument } from '../azure-document.ts'
import { revocableOfPath } from '../certificate-evidence.ts'
import { readChain } from '../open-certificate.ts'
import type { Nonces } from '../proofs/nonces.ts'
import { type ChainTrust, createProveChain } from '../prove-chain.ts'
import { revocableFacts } from '../revocable-token.ts'
import { subjectIdOf } from '../subject-id.ts'

export const azureAttestedClauses = clauses({
  form: 'azure-attested-form',
  signer: 'azure-attested-signer',
  leaf: 'azure-attested-leaf',
  domain: 'azure-attested-domain',
  expired: 'azure-attested-expired',
  early: 'azure-attested-created',
  nonce: 'azure-attested-nonce',
  subscription: 'azure-attested-subscription',
  vm: 'azure-attested-vm',
})

/**
 * Machines of Azure that are taken, by the documents that Azure signs about them.
 *
 * - `name`: the issuer of their subjects. `domain`: that the signing certificate is for, or one below it.
 * - `nonces`: of which a document must hold one that was given for the service.
 */
export interface AzureAttestedSettings extends ChainTrust {
  readonly name: string
  readonly domain: string
  readonly subscriptions: readonly string[]
  readonly vms?: readonly string[]
  readonly nonces: Nonces
  readonly skew: Seconds
  readonly environment?: string
}

/** What a chain of a signing certificate was found to be: what of it can be revoked, and until when it is good. */
interface ProvenSigner {
  readonly revocable: readonly RevocationKey[]
  readonly notAfter: Instant
}

/**
 * Verifies attested documents of Azure's Instance Metadata Service. Who signed is resolved by the signer's own name for its
 * certificate, which is one of those sent along, and then everything is read out of what that one signed. Nothing is fetched.
 */
export function createAzureAttestedVerifier(settings: AzureAttestedSettings): Verifier {
  const { domain } = settings
  const proveChain = createProveChain<ProvenSigner>(settings, {
    inspect: (leaf) => checkLeaf(leaf, domain),
    conclude: (_, path) => signerOf(path),
    purpose: purposes.serverAuth, // what certificates of the metadata service are for
    noPath:
      'no path from the signing certificate to a configured authority: configure what Azure leaves out as `intermediates`',
  })
  return {
    method: 'azure-attested',
    selectors: [{ form: 'document', by: 'platform', value: 'azure-attested' }],
    async verify(credential, { service }, frame) {
      if (credential.form !== 'document') return notADocument
      const opened = openDocument(credential)
      if (!opened.ok) return opened
      const { data, chain } = opened.value
      const signer = await proveChain(chain, frame)
      if (!signer.ok) return signer
      const document = readAzureDocument(data.content)
      if (!document.ok) return document
      const refusal =
        checkTimes(document.value, settings, frame.now) ??
        checkNonce(document.value, settings, service.name, frame.now) ??
        checkMachine(document.value, settings)
      return refusal ?? ok(verifiedOf(document.value, data, signer.value, settings, service.name))
    },
  }
}

const notADocument = refuse('CREDENTIAL_MALFORMED', azureAttestedClauses.form, 'a machine shows a signed document')

const refused = (clause: (typeof azureAttestedClauses)[keyof typeof azureAttestedClauses], detail: string): Refusal =>
  refuse('CREDENTIAL_REFUSED', clause, detail)

type Chain = Parameters<ReturnType<typeof createProveChain>>[0]

/** The document, its signature good under the one certificate that it names, which leads the chain. */
function openDocument({ text }: DocumentCredential): Result<{ readonly data: SignedData; readonly chain: Chain }> {
  const data = readSignedText(text)
  if (!data.ok) return data
  const certificates: Certificate[] = []
  for (const der of data.value.certificates) {
    const certificate = readCertificate(der)
    if (!certificate.ok) return certificate
    certificates.push(certificate.value)
  }
  const [leaf, second] = certificates.filter((certificate) => isOfSigner(certificate, data.value.signer))
  if (!leaf || second) {
    return refused(azureAttestedClauses.signer, 'document must come with the one certificate that its signer names')
  }
  const bad = verifySignature(data.value.signature, leaf.publicKey)
  if (bad) return bad
  const others = certificates.filter((certificate) => certificate !== leaf).map(({ der }) => der)
  const chain = readChain([leaf.der, ...others])
  return chain.ok ? ok({ data: data.value, chain: chain.value }) : chain
}

function checkLeaf({ extensions }: Certificate, domain: string): Refusal | undefined {
  const { basicConstraints, keyUsage, subjectAltName } = extensions
  if (basicConstraints?.isCa === true || (keyUsage && !keyUsage.digitalSignature)) {
    return refuse(
      'CERTIFICATE_REFUSED',
      azureAttestedClauses.leaf,
      'document is not signed by a certificate for signing',
    )
  }
  const names = (subjectAltName?.names ?? []).flatMap((each) => (each.kind === 'dns' ? [each.value.toLowerCase()] : []))
  return names.some((each) => each === domain || each.endsWith(`.${domain}`))
    ? undefined
    : refuse('CERTIFICATE_REFUSED', azureAttestedClauses.domain, 'signing certificate is not of the metadata service')
}

function signerOf(path: Path): Result<ProvenSigner> {
  const revocable = revocableOfPath(path)
  return revocable.ok ? ok({ revocable: revocable.value, notAfter: path.notAfter }) : revocable
}

function checkTimes(
  { createdOn, expiresOn }: AzureDocument,
  { skew }: AzureAttestedSettings,
  now: Instant,
): Refusal | undefined {
  if (now >= plus(expiresOn, skew)) return refuse('EXPIRED', azureAttestedClauses.expired, 'document has expired')
  return createdOn > plus(now, skew)
    ? refuse('NOT_YET_VALID', azureAttestedClauses.early, 'document was made in the future')
    : undefined
}

/** Without a nonce of this service, given a moment ago, it may be any document that the machine ever showed to anybody. */
function checkNonce(
  { nonce }: AzureDocument,
  { nonces }: AzureAttestedSettings,
  service: string,
  now: Instant,
): Refusal | undefined {
  return nonces.accepts(nonce, service, now)
    ? undefined
    : refuse('ATTESTATION_STALE', azureAttestedClauses.nonce, 'document needs the nonce of this answer', {
        attestationNonce: nonces.give(service, now),
      })
}

function checkMachine(
  { subscription, vm }: AzureDocument,
  { subscriptions, vms }: AzureAttestedSettings,
): Refusal | undefined {
  if (!subscriptions.includes(subscription)) {
    return refused(azureAttestedClauses.subscription, 'subscription is not one that is taken here')
  }
  return vms === undefined || vms.includes(vm)
    ? undefined
    : refused(azureAttestedClauses.vm, 'machine is not one that is taken here')
}

function verifiedOf(
  { members, subscription, vm, createdOn, expiresOn }: AzureDocument,
  { content }: SignedData,
  signer: ProvenSigner,
  { name, environment, skew }: AzureAttestedSettings,
  service: string,
): Verified {
  const subject = { issuer: name, id: subjectIdOf(name, `${subscription}/${vm}`) }
  const sku = stringMember(members, 'sku')
  const facts: readonly Fact[] = [
    { name: 'subscription_id', value: subscription, source: 'token' },
    { name: 'vm_id', value: vm, source: 'token' },
    ...(sku ? [{ name: 'sku', value: sku, source: 'token' } as const] : []),
  ]
  const expiresAt = earliest(expiresOn, signer.notAfter)
  return {
    method: 'azure-attested',
    subject,
    claims: members,
    facts: [
      ...(environment === undefined ? [] : [{ name: 'environment', value: environment, source: 'config' } as const]),
      ...facts,
    ],
    issuedAt: createdOn,
    expiresAt,
    audienceBound: true, // its nonce is good for one service
    attested: true,
    attestedAt: createdOn,
    delegation: [],
    once: [
      {
        purpose: 'azure-attested',
        parts: [service, name, sha256(content)],
        issuedAt: plus(createdOn, seconds(0 - skew)), // it may be that much ahead, and have been used before a start
        until: plus(expiresOn, skew),
      },
    ],
    revocable: [{ by: 'subject', ...subject, issuedAt: createdOn }, ...revocableFacts(facts), ...signer.revocable],
  }
}
