import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import type { JsonObject } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { parseSpiffeId, type SpiffeIdParts, type TrustDomain } from '../../core/spiffe-id.ts'
import { type Instant, toRfc3339 } from '../../core/time.ts'
import type { AnchorSource, CertificateCredential, RevocationKey, Verified, Verifier } from '../../seams.ts'
import { buildPath, buildPathClauses } from '../../x509/build-path.ts'
import type { Certificate } from '../../x509/certificate.ts'
import { nameText } from '../../x509/name-text.ts'
import type { Path } from '../../x509/path.ts'
import { readCertificate } from '../../x509/read-certificate.ts'
import { purposes } from '../../x509/usage-extensions.ts'
import { certificateKeyThumbprint } from '../certificate-key.ts'
import { createKnownAnchors } from '../known-anchors.ts'
import type { ReadPath } from '../path-template.ts'
import { readSvidFacts } from '../svid-facts.ts'

export const x509SvidClauses = clauses({
  form: 'x509-svid-2-certificate',
  oneId: 'x509-svid-2-one-uri-name',
  workload: 'x509-svid-5.2-workload-path',
  trustDomain: 'x509-svid-5.1-own-trust-domain',
  leaf: 'x509-svid-5.2-leaf-no-authority',
  signing: 'x509-svid-5.2-leaf-signs-nothing',
  keyUsage: 'x509-svid-4.3-digital-signature',
  purposes: 'x509-svid-4.4-server-and-client',
  authority: 'x509-svid-3.2-authority-without-path',
  key: 'x509-svid-key-usable',
})

/** One trust domain whose X.509-SVIDs are taken, and what configuration knows about it. */
export interface X509SvidSettings {
  readonly trustDomain: TrustDomain
  readonly trust: AnchorSource
  readonly environment?: string
  readonly readPath?: ReadPath
}

const maximumIntermediates = 5

/**
 * Verifies X.509-SVIDs (SPIFFE X509-SVID) of one trust domain with the bundle of that domain alone. A chain found good
 * is remembered with the bundle it was good under and for as long as it is valid; revocation is not asked here.
 */
export function createX509SvidVerifier(settings: X509SvidSettings): Verifier {
  const { trustDomain, trust } = settings
  const knownAnchors = createKnownAnchors(trust)
  return {
    method: 'x509-svid',
    selectors: [{ form: 'certificate', by: 'trust-domain', value: trustDomain }],
    async verify(credential, _, { now, ...frame }) {
      if (credential.form !== 'certificate') return notACertificate
      const anchors = await knownAnchors({ now, ...frame })
      if (!anchors.ok) return anchors
      const before = anchors.value.find(credential.digest, now)
      if (before) return ok(before)
      const chain = readChain(credential)
      if (!chain.ok) return chain
      const [leaf, ...intermediates] = chain.value
      const id = readId(leaf, trustDomain)
      if (!id.ok) return id
      const wrong = checkLeaf(leaf) ?? checkAuthorities(intermediates)
      if (wrong) return wrong
      const path = buildPath({
        leaf,
        intermediates,
        anchors: anchors.value.certificates,
        now,
        rules: { profile: 'leaf', purpose: purposes.clientAuth, maximumIntermediates },
      })
      if (!path.ok) return path.clause === buildPathClauses.path ? { ...path, detail: noPath } : path
      const facts = readSvidFacts(id.value.path, settings)
      if (!facts.ok) return facts
      const verified = verifiedOf(credential, leaf, path.value, id.value, facts.value)
      if (verified.ok) {
        const { notBefore, notAfter } = path.value
        anchors.value.put(credential.digest, { verified: verified.value, notBefore, notAfter })
      }
      return verified
    },
  }
}

const noPath =
  'no path from the certificate to the bundle of its trust domain: send its intermediates too, and behind a proxy name it in xfcc_from'

const notACertificate = refuse('CREDENTIAL_MALFORMED', x509SvidClauses.form, 'an X.509-SVID is a certificate')

function readChain({ chain }: CertificateCredential): Result<readonly [Certificate, ...Certificate[]]> {
  const [first, ...others] = chain
  const leaf = readCertificate(first)
  if (!leaf.ok) return leaf
  const certificates: [Certificate, ...Certificate[]] = [leaf.value]
  for (const der of others) {
    const read = readCertificate(der)
    if (!read.ok) return read
    certificates.push(read.value)
  }
  return ok(certificates)
}

const uriNames = ({ extensions }: Certificate): readonly string[] =>
  (extensions.subjectAltName?.names ?? []).flatMap((name) => (name.kind === 'uri' ? [name.value] : []))

function readId(leaf: Certificate, own: TrustDomain): Result<SpiffeIdParts> {
  const [uri, second] = uriNames(leaf)
  if (uri === undefined || second !== undefined) {
    return refuse('CREDENTIAL_REFUSED', x509SvidClauses.oneId, 'an X.509-SVID has exactly one URI among its names')
  }
  const id = parseSpiffeId(uri)
  if (!id.ok) return id
  if (id.value.trustDomain !== own) {
    return refuse('ISSUER_UNKNOWN', x509SvidClauses.trustDomain, 'SPIFFE ID is of another trust domain')
  }
  return id.value.path === ''
    ? refuse('CREDENTIAL_REFUSED', x509SvidClauses.workload, 'SPIFFE ID names a trust domain, not a workload')
    : id
}

function checkLeaf({ extensions }: Certificate): Refusal | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage } = extensions
  const refused = (clause: (typeof x509SvidClauses)[keyof typeof x509SvidClauses], detail: string) =>
    refuse('CERTIFICATE_REFUSED', clause, detail)
  if (basicConstraints?.isCa === true)
    return refused(x509SvidClauses.leaf, 'an authority presents itself as a workload')
  if (keyUsage?.keyCertSign || keyUsage?.crlSign) {
    return refused(x509SvidClauses.signing, 'key usage of a workload must not sign certificates or lists')
  }
  if (keyUsage?.critical !== true || !keyUsage.digitalSignature) {
    return refused(x509SvidClauses.keyUsage, 'key usage must be critical and have digitalSignature')
  }
  const { serverAuth, clientAuth } = purposes
  if (extendedKeyUsage && ![serverAuth, clientAuth].every((each) => extendedKeyUsage.purposes.includes(each))) {
    return refused(x509SvidClauses.purposes, 'extended key usage must have serverAuth and clientAuth')
  }
  return undefined
}

/** X509-SVID §3.2: an authority that has a SPIFFE ID names a trust domain by it. Those of the bundle stand as they are. */
function checkAuthorities(intermediates: readonly Certificate[]): Refusal | undefined {
  const hasPath = (uri: string) => /^spiffe:\/\/[^/]*\/./i.test(uri)
  return intermediates.some((each) => uriNames(each).some(hasPath))
    ? refuse('CERTIFICATE_REFUSED', x509SvidClauses.authority, 'an authority of the chain has the ID of a workload')
    : undefined
}

function verifiedOf(
  { thumbprint }: CertificateCredential,
  leaf: Certificate,
  { certificates, notAfter }: Path,
  { id, trustDomain, path }: SpiffeIdParts,
  facts: readonly Fact[],
): Result<Verified> {
  const issuer = `spiffe://${trustDomain}`
  const issuedAt: Instant = leaf.notBefore
  const revocable: RevocationKey[] = [
    { by: 'subject', issuer, id, issuedAt },
    { by: 'trust-domain', id: trustDomain },
    ...facts.map(({ name, value }) => ({ by: 'fact' as const, name, id: value })),
  ]
  for (const certificate of certificates) {
    const key = certificateKeyThumbprint(certificate.publicKey.spki)
    if (key === undefined)
      return refuse('CERTIFICATE_REFUSED', x509SvidClauses.key, 'key of a certificate is not usable')
    revocable.push({ by: 'key-thumbprint', id: key })
    revocable.push({ by: 'serial', issuer: nameText(certificate.issuer), id: certificate.serial.toString(16) })
  }
  return ok({
    method: 'x509-svid',
    subject: { issuer, id, spiffe: { id, trustDomain, path } },
    claims: claimsOf(leaf, thumbprint),
    facts,
    issuedAt,
    expiresAt: notAfter,
    audienceBound: true, // a handshake with one peer: nothing is sent that could be shown to another
    attested: true, // a SPIFFE issuer attests node and workload before it signs
    attestedAt: issuedAt,
    delegation: [],
    once: [],
    revocable,
  })
}

/** What policy may see of the leaf. */
function claimsOf(leaf: Certificate, thumbprint: string): JsonObject {
  const dns = (leaf.extensions.subjectAltName?.names ?? []).flatMap((name) => (name.kind === 'dns' ? [name.value] : []))
  return {
    issuer: nameText(leaf.issuer),
    subject: nameText(leaf.subject),
    serial_number: leaf.serial.toString(16),
    not_before: toRfc3339(leaf.notBefore),
    not_after: toRfc3339(leaf.notAfter),
    dns_names: dns,
    'x5t#S256': thumbprint,
  }
}
