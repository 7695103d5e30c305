import { clauses } from '../core/clause.ts'
import type { JsonValue } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { type Result, refuse } from '../core/result.ts'

export const documentClauses = clauses({ utf8: 'bundle-json-utf8' })

// A bundle's size is bounded before; what remains is what the module's own parser cannot take.
const limits: JsonLimits = {
  length: 2 ** 29 - 25, // the longest string there is
  depth: 512,
  membersPerObject: 1_000_000,
  members: 10_000_000,
  stringLength: 16_777_216,
}

/** Reads a JSON file of a bundle as I-JSON. Refuses with POLICY_ERROR. */
export function readDocument(bytes: Uint8Array): Result<JsonValue> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return refuse('POLICY_ERROR', documentClauses.utf8, 'a JSON file of the bundle is not UTF-8')
  }
  return readJson(text, limits, 'POLICY_ERROR')
}
