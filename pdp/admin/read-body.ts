import type { IncomingMessage } from 'node:http'
import { clauses } from '../core/clause.ts'
import type { JsonValue } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { type Result, refuse } from '../core/result.ts'

export const adminBodyClauses = clauses({ size: 'admin-body-size', whole: 'admin-body-whole' })

const limits: JsonLimits = {
  length: 65_536,
  depth: 16,
  membersPerObject: 256,
  members: 2_048,
  stringLength: 8_192,
}

/** Reads the JSON body of a request within its bounds. Errors: BODY_TOO_LARGE, REQUEST_MALFORMED. */
export async function readBody(request: IncomingMessage): Promise<Result<JsonValue>> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      // no encoding is set on it
      length += chunk.length
      if (length > limits.length) return refuse('BODY_TOO_LARGE', adminBodyClauses.size, 'request body is too large')
      chunks.push(chunk)
    }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return readJson(text, limits, 'REQUEST_MALFORMED')
  } catch {
    return refuse('REQUEST_MALFORMED', adminBodyClauses.whole, 'request body must be complete, and UTF-8')
  }
}
