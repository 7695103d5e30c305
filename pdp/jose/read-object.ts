import { isUtf8 } from 'node:buffer'
import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { freezeJson } from './freeze-json.ts'

export const jsonPartClauses = clauses({
  utf8: 'rfc7515-5.2-utf8',
  object: 'rfc7515-5.2-object',
})

/**
 * Reads one part of a token: UTF-8, I-JSON, an object (RFC 7515 §5.2 step 3, RFC 7519 §7.2 step 10). Frozen.
 * `part` names it in the detail.
 */
export function readObject(bytes: Buffer, part: string, limits: JsonLimits, code: RefusalCode): Result<JsonObject> {
  if (!isUtf8(bytes)) return refuse(code, jsonPartClauses.utf8, `${part} is not UTF-8`)
  const read = readJson(bytes.toString('utf8'), limits, code)
  if (!read.ok) return refuse(code, read.clause, `${part}: ${read.detail}`)
  if (!isObject(read.value)) return refuse(code, jsonPartClauses.object, `${part} is not a JSON object`)
  return ok(freezeJson(read.value))
}
