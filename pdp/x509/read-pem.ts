import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const readPemClauses = clauses({
  form: 'rfc7468-5-certificate',
  count: 'x509-chain-length',
})

// RFC 7468 §3, the strict form but for the width of lines: one block after another and nothing between
const block = String.raw`-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/]+\r?\n)*[A-Za-z0-9+/]*={0,2}\r?\n)-----END CERTIFICATE-----(?:\r?\n|$)`

/**
 * Takes certificates in PEM apart into the DER of each, in their order: one at least, `maximum` at most.
 * Errors: CREDENTIAL_MALFORMED.
 */
export function readPem(text: string, maximum: number): Result<readonly [Buffer, ...Buffer[]]> {
  const found: Buffer[] = []
  const next = new RegExp(block, 'y')
  while (next.lastIndex < text.length) {
    const body = next.exec(text)?.[1]?.replaceAll(/\r?\n/g, '')
    const der = body === undefined ? undefined : Buffer.from(body, 'base64')
    // written back alike, or bits were left over
    if (!der || der.toString('base64') !== body) return malformed
    found.push(der)
    if (found.length > maximum) {
      return refuse('CREDENTIAL_MALFORMED', readPemClauses.count, `a chain may hold ${maximum} certificates at most`)
    }
  }
  const [first, ...rest] = found
  return first ? ok([first, ...rest]) : malformed
}

const malformed = refuse('CREDENTIAL_MALFORMED', readPemClauses.form, 'not certificates in PEM')
