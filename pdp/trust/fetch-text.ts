import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Fetch } from '../net/fetch.ts'

export const fetchTextClauses = clauses({
  fetched: 'trust-document-fetched',
  encoding: 'trust-document-utf8',
})

const mediaTypes = ['application/json', 'application/jwk-set+json']

/** Fetches a JSON document as text. `what` names it in the detail, as in `key set: answered with status 500`. */
export async function fetchText(fetch: Fetch, url: string, what: string, signal: AbortSignal): Promise<Result<string>> {
  const fetched = await fetch(url, { mediaTypes, signal })
  if (!fetched.ok) return refuse('TRUST_UNAVAILABLE', fetchTextClauses.fetched, `${what}: ${fetched.fault.detail}`)
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(fetched.value.body))
  } catch {
    return refuse('TRUST_UNAVAILABLE', fetchTextClauses.encoding, `${what}: must be UTF-8 text`)
  }
}
