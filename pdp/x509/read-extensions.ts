import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type DerReader, derTags, readDer } from './der.ts'
import { readBoolean, readOid } from './der-values.ts'
import type { ExtensionRow, Extensions } from './extensions.ts'
import { identityExtensions } from './identity-extensions.ts'
import { policyExtensions } from './policy-extensions.ts'
import { usageExtensions } from './usage-extensions.ts'

export const readExtensionsClauses = clauses({ once: 'rfc5280-4.2-extension-once' })

const rows: ReadonlyMap<string, ExtensionRow> = new Map(
  [...identityExtensions, ...usageExtensions, ...policyExtensions].map((row) => [row.id, row]),
)

/**
 * Reads the next Extensions (RFC 5280 §4.2). One that stands twice, and a known one that is malformed, is refused with
 * CREDENTIAL_MALFORMED; an unknown one is left, and remembered where it is critical. Throws where it is no list.
 */
export function readExtensions(der: DerReader): Result<Extensions> {
  const list = der.enter(derTags.sequence)
  const seen = new Set<string>()
  const unprocessed: string[] = []
  let found: Partial<Extensions> = {}
  do {
    const extension = list.enter(derTags.sequence)
    const id = readOid(extension)
    const critical = readCritical(extension)
    const value = extension.content(derTags.octetString)
    if (!extension.isEmpty()) throw new Error('extension with more than its value')
    if (seen.has(id)) {
      return refuse('CREDENTIAL_MALFORMED', readExtensionsClauses.once, 'a certificate has an extension twice')
    }
    seen.add(id)
    const row = rows.get(id)
    if (row) {
      const read = readValue(row, value, critical)
      if (!read.ok) return read
      found = { ...found, ...read.value }
    }
    if (critical && !(row?.processed === true)) unprocessed.push(id)
  } while (!list.isEmpty())
  return ok({ ...found, unprocessed })
}

/** A DEFAULT FALSE is absent in DER (X.690 §11.5). */
function readCritical(extension: DerReader): boolean {
  if (!extension.isNext(derTags.boolean)) return false
  if (!readBoolean(extension)) throw new Error('default value is written out')
  return true
}

function readValue({ clause, read }: ExtensionRow, value: Buffer, critical: boolean): Result<Partial<Extensions>> {
  try {
    const der = readDer(value)
    const found = read(der, critical)
    if (!der.isEmpty()) throw new Error('bytes after the value')
    return ok(found)
  } catch {
    return refuse('CREDENTIAL_MALFORMED', clause, 'an extension of a certificate is malformed')
  }
}
