import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { CertificateCredential, CertificateName } from '../../core/credential.ts'
import type { Verified, Verifier } from '../../seams.ts'
import type { Certificate } from '../../x509/certificate.ts'
import type { Path } from '../../x509/path.ts'
import { purposes } from '../../x509/usage-extensions.ts'
import { claimsOfCertificate, revocableOfPath } from '../certificate-evidence.ts'
import { isSpiffeUri, namesOf } from '../certificate-names.ts'
import { type ChainTrust, createProveChain } from '../prove-chain.ts'

export const mtlsClauses = clauses({
  form: 'rfc8705-2.1-certificate',
  client: 'rfc8705-2.1.2-one-client',
  spiffe: 'rfc8705-2.1-no-spiffe-id',
  leaf: 'rfc8705-2.1-leaf-no-authority',
  keyUsage: 'rfc8705-2.1-digital-signature',
  purpose: 'rfc8705-2.1-client-auth',
})

/** A client and the one name that its certificate is known by (RFC 8705 §2.1.2). */
export interface MtlsClient {
  readonly id: string
  readonly name: CertificateName
}

/** Authorities under which clients are known by certificate. `name`: the issuer of their subjects. */
export interface MtlsSettings extends ChainTrust {
  readonly name: string
  readonly clients: readonly MtlsClient[]
  /** About every client: a certificate says nothing but who. */
  readonly facts: readonly Fact[]
}

/**
 * Verifies certificates of clients (RFC 8705 §2.1) that a configured authority issued: a path to it, and exactly one
 * client that has one of the leaf's names. Such a client is `<name>#<client id>` and never a SPIFFE ID; a certificate
 * that claims one is refused. Throws if two clients have one name: that is a start-up error.
 */
export function createMtlsVerifier(settings: MtlsSettings): Verifier {
  const clients = new Map<string, MtlsClient>()
  for (const client of settings.clients) {
    const other = clients.get(keyOf(client.name))
    if (other)
      throw new Error(`\`${other.id}\` and \`${client.id}\` have the same ${client.name.by}: one name, one client`)
    clients.set(keyOf(client.name), client)
  }
  const proveChain = createProveChain(settings, {
    inspect: (leaf) => checkLeaf(leaf) ?? failureOf(clientOf(leaf, clients)),
    conclude(leaf, path, credential) {
      const client = clientOf(leaf, clients)
      return client.ok ? verifiedOf(client.value, leaf, path, credential, settings) : client
    },
    noPath:
      'no path from the certificate to the configured authority: send its intermediates too or configure them as `intermediates`, and behind a proxy name it in xfcc_from',
  })
  return {
    method: 'mtls',
    selectors: settings.clients.map(({ name }) => ({ form: 'certificate', ...name })),
    verify: async (credential, _, frame) =>
      credential.form === 'certificate' ? proveChain(credential, frame) : notACertificate,
  }
}

const notACertificate = refuse('CREDENTIAL_MALFORMED', mtlsClauses.form, 'a client of this kind shows a certificate')

const keyOf = ({ by, value }: CertificateName): string => `${by} ${value}`

const failureOf = (result: Result<unknown>): Refusal | undefined => (result.ok ? undefined : result)

function clientOf(leaf: Certificate, clients: ReadonlyMap<string, MtlsClient>): Result<MtlsClient> {
  const [client, second] = namesOf(leaf).flatMap((name) => clients.get(keyOf(name)) ?? [])
  return client && !second
    ? ok(client)
    : refuse('CREDENTIAL_REFUSED', mtlsClauses.client, 'certificate must have the name of one client, and one only')
}

function checkLeaf({ extensions }: Certificate): Refusal | undefined {
  const { basicConstraints, keyUsage, extendedKeyUsage, subjectAltName } = extensions
  if (subjectAltName?.names.some((name) => name.kind === 'uri' && isSpiffeUri(name.value)) === true) {
    return refuse('CREDENTIAL_REFUSED', mtlsClauses.spiffe, 'a certificate with a SPIFFE ID is an SVID or nothing')
  }
  const refused = (clause: (typeof mtlsClauses)[keyof typeof mtlsClauses], detail: string) =>
    refuse('CERTIFICATE_REFUSED', clause, detail)
  if (basicConstraints?.isCa === true) return refused(mtlsClauses.leaf, 'an authority presents itself as a client')
  if (keyUsage && (!keyUsage.digitalSignature || keyUsage.keyCertSign || keyUsage.crlSign)) {
    return refused(mtlsClauses.keyUsage, 'key usage must have digitalSignature, and sign no certificates or lists')
  }
  return extendedKeyUsage?.purposes.includes(purposes.clientAuth) === true
    ? undefined
    : refused(mtlsClauses.purpose, 'extended key usage must have clientAuth')
}

function verifiedOf(
  { id }: MtlsClient,
  leaf: Certificate,
  path: Path,
  { thumbprint }: CertificateCredential,
  { name: issuer, facts }: MtlsSettings,
): Result<Verified> {
  const revocable = revocableOfPath(path)
  if (!revocable.ok) return revocable
  const subject = { issuer, id: `${issuer}#${encodeURIComponent(id)}` }
  return ok({
    method: 'mtls',
    subject,
    claims: { ...claimsOfCertificate(leaf, thumbprint), client_id: id },
    facts,
    issuedAt: leaf.notBefore,
    expiresAt: path.notAfter,
    audienceBound: true, // a handshake with one peer: nothing is sent that could be shown to another
    attested: false, // somebody was given a certificate; nothing looked at the workload
    delegation: [],
    once: [],
    revocable: [
      { by: 'subject', ...subject, issuedAt: leaf.notBefore },
      ...facts.map(({ name, value }) => ({ by: 'fact' as const, name, id: value })),
      ...revocable.value,
    ],
  })
}
