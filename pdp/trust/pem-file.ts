import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { AnchorSource } from '../seams.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { readPem } from '../x509/read-pem.ts'
import { createHeldFiles, type HeldFiles, type HeldFilesOptions } from './held-files.ts'

export const pemFileClauses = clauses({ certificates: 'trust-pem-certificates' })

/** A file of certificate authorities. */
export interface PemFile extends Pick<HeldFiles<unknown>, 'status' | 'reload' | 'start' | 'close'>, AnchorSource {}

/** The most certificates a file may hold. */
const maximumCertificates = 100

/** Makes a source of authorities of a PEM file. A malformed file keeps the last good list, and says so. */
export function createPemFile(options: Omit<HeldFilesOptions, 'paths'> & { readonly path: string }): PemFile {
  const files = createHeldFiles(
    { ...options, paths: [options.path] },
    { read: ([text = '']) => readPemCertificates(text), count: (list) => list.length },
  )
  const { asOf, status, reload, start, close } = files
  return { asOf, status, reload, start, close, anchors: async ({ now }) => files.current(now) }
}

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

const unusable = (detail: string) => refuse('TRUST_UNAVAILABLE', pemFileClauses.certificates, detail)
