import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { readPem } from '../x509/read-pem.ts'

export const pemCertificateClauses = clauses({ certificates: 'trust-pem-certificates' })

/** The most certificates a file may hold. */
const maximumCertificates = 100

/** Reads certificates in PEM, each of which can be read. Errors: TRUST_UNAVAILABLE. */
export function readPemCertificates(text: string): Result<readonly Uint8Array[]> {
  const read = readPem(text, maximumCertificates)
  if (!read.ok) return unusable(read.detail)
  for (const [i, der] of read.value.entries()) {
    const certificate = readCertificate(der)
    if (!certificate.ok) return unusable(`certificate ${i + 1} of the file: ${certificate.detail}`)
  }
  return ok(read.value)
}

const unusable = (detail: string) => refuse('TRUST_UNAVAILABLE', pemCertificateClauses.certificates, detail)
