import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { PathAids, PathAidSource } from '../seams.ts'
import { readCertificateList } from '../x509/read-certificate-list.ts'
import { readPemLists } from '../x509/read-pem.ts'
import { createHeldFiles, type HeldFiles, type HeldFilesOptions } from './held-files.ts'
import { readPemCertificates } from './read-pem-certificates.ts'

export const pathAidFileClauses = clauses({ lists: 'trust-pem-lists' })

/** Files with what helps to build and to judge paths to the authorities of one anchor. */
export interface PathAidFiles extends Omit<HeldFiles<unknown>, 'current'>, PathAidSource {}

/** `intermediates`: a PEM file of certificates. `lists`: PEM files of lists of revoked certificates. */
export interface PathAidFilesOptions extends Omit<HeldFilesOptions, 'paths'> {
  readonly intermediates?: string
  readonly lists: readonly string[]
}

const maximumLists = 20

/**
 * Makes a source of such files. All are read or none counts: a list that cannot be read may be the one that names the
 * certificate, so the last good ones stay, and what ends them is their own next update.
 */
export function createPathAidFiles({ intermediates, lists, ...options }: PathAidFilesOptions): PathAidFiles {
  const paths = [...(intermediates === undefined ? [] : [intermediates]), ...lists]
  const files = createHeldFiles<PathAids>(
    { ...options, paths },
    {
      read: (texts) => (intermediates === undefined ? readAids(undefined, texts) : readAids(texts[0], texts.slice(1))),
      count: (aids) => aids.intermediates.length + aids.lists.length,
    },
  )
  const { current, ...others } = files
  return { ...others, aids: async ({ now }) => current(now) }
}

function readAids(intermediates: string | undefined, texts: readonly string[]): Result<PathAids> {
  const certificates = intermediates === undefined ? ok([]) : readPemCertificates(intermediates)
  if (!certificates.ok) return certificates
  const lists: Uint8Array[] = []
  for (const text of texts) {
    const read = readPemLists(text, maximumLists)
    if (!read.ok) return refuse('TRUST_UNAVAILABLE', pathAidFileClauses.lists, read.detail)
    for (const der of read.value) {
      const list = readCertificateList(der)
      if (!list.ok) return refuse('TRUST_UNAVAILABLE', pathAidFileClauses.lists, list.detail)
      lists.push(der)
    }
  }
  return ok({ intermediates: certificates.value, lists })
}
