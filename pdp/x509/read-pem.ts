import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const readPemClauses = clauses({
  form: 'rfc7468-5-certificate',
  count: 'x509-chain-length',
  list: 'rfc7468-6-crl',
})

// RFC 7468 §3, the strict form but for the width of lines: one block after another and nothing between
const blocksOf = (label: string): string =>
  String.raw`-----BEGIN ${label}-----\r?\n((?:[A-Za-z0-9+/]+\r?\n)*[A-Za-z0-9+/]*={0,2}\r?\n)-----END ${label}-----(?:\r?\n|$)`
const certificate = blocksOf('CERTIFICATE')
const certificateList = blocksOf('X509 CRL')

/**
 * Takes certificates in PEM apart into the DER of each, in their order: one at least, `maximum` at most.
 * Errors: CREDENTIAL_MALFORMED.
 */
export function readPem(text: string, maximum: number): Result<readonly [Buffer, ...Buffer[]]> {
  const found = readBlocks(text, certificate, maximum)
  if (found === 'too-many') {
    return refuse('CREDENTIAL_MALFORMED', readPemClauses.count, `a chain may hold ${maximum} certificates at most`)
  }
  return found ? ok(found) : malformed
}

/** The same of lists of revoked certificates (RFC 7468 §6). */
export function readPemLists(text: string, maximum: number): Result<readonly [Buffer, ...Buffer[]]> {
  const found = readBlocks(text, certificateList, maximum)
  return found && found !== 'too-many'
    ? ok(found)
    : refuse('CREDENTIAL_MALFORMED', readPemClauses.list, `not 1 to ${maximum} lists of revoked certificates in PEM`)
}

function readBlocks(
  text: string,
  block: string,
  maximum: number,
): readonly [Buffer, ...Buffer[]] | 'too-many' | undefined {
  const found: Buffer[] = []
  const next = new RegExp(block, 'y')
  while (next.lastIndex < text.length) {
    const body = next.exec(text)?.[1]?.replaceAll(/\r?\n/g, '')
    const der = body === undefined ? undefined : Buffer.from(body, 'base64')
    // written back alike, or bits were left over
    if (!der || der.toString('base64') !== body) return undefined
    found.push(der)
    if (found.length > maximum) return 'too-many'
  }
  const [first, ...rest] = found
  return first && [first, ...rest]
}

const malformed = refuse('CREDENTIAL_MALFORMED', readPemClauses.form, 'not certificates in PEM')
