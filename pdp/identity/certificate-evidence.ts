import { clauses } from '../core/clause.ts'
import type { JsonObject } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { toRfc3339 } from '../core/time.ts'
import type { RevocationKey } from '../seams.ts'
import type { Certificate } from '../x509/certificate.ts'
import { nameText } from '../x509/name-text.ts'
import type { Path } from '../x509/path.ts'
import { certificateKeyThumbprint } from './certificate-key.ts'

export const certificateEvidenceClauses = clauses({ key: 'certificate-key-usable' })

/** What can be revoked of a chain: of every certificate in its path the key and the serial number. */
export function revocableOfPath({ certificates }: Path): Result<readonly RevocationKey[]> {
  const revocable: RevocationKey[] = []
  for (const { publicKey, issuer, serial } of certificates) {
    const key = certificateKeyThumbprint(publicKey.spki)
    if (key === undefined) return unusable
    revocable.push({ by: 'key-thumbprint', id: key })
    revocable.push({ by: 'serial', issuer: nameText(issuer), id: serial.toString(16) })
  }
  return ok(revocable)
}

const unusable: Refusal = refuse(
  'CERTIFICATE_REFUSED',
  certificateEvidenceClauses.key,
  'key of a certificate is not usable',
)

/** What policy may see of the leaf. `thumbprint` as `x5t#S256` has it. */
export function claimsOfCertificate(leaf: Certificate, thumbprint: string): JsonObject {
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
