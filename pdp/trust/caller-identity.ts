import { clauses } from '../core/clause.ts'
import { isObject } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, refuse } from '../core/result.ts'
import type { Fetch } from '../net/fetch.ts'
import type { AskEndpoint } from './introspector.ts'

export const callerIdentityClauses = clauses({
  fetched: 'sts-answered',
  json: 'sts-answer-json',
})

const limits: JsonLimits = { length: 16_384, depth: 8, membersPerObject: 32, members: 128, stringLength: 4_096 }

/** Statuses by which STS says that it does not take a signature: for whoever signed, and not for us. */
const refusals: readonly number[] = [400, 401, 403]

/**
 * Sends a pre-signed `GetCallerIdentity` to STS: `<audience> <url>`, of which the first is set in `audienceHeader`. Answers what
 * STS said, with `active`, whether it took the signature; in JSON
 * alone, for who could choose what is answered in another form could choose who they are (CVE-2020-16250). Errors: TRUST_UNAVAILABLE, for whatever else it says.
 */
export function createAskCallerIdentity({
  fetch,
  audienceHeader,
}: {
  readonly fetch: Fetch
  readonly audienceHeader: string
}): AskEndpoint {
  return async function askCallerIdentity(question) {
    const space = question.lastIndexOf(' ')
    const fetched = await fetch(question.slice(space + 1), {
      mediaTypes: ['application/json'],
      statuses: [200, ...refusals],
      headers: { accept: 'application/json', [audienceHeader]: question.slice(0, space) },
    })
    if (!fetched.ok) return refuse('TRUST_UNAVAILABLE', callerIdentityClauses.fetched, `STS: ${fetched.fault.detail}`)
    const { status, body } = fetched.value
    if (status !== 200) return ok({ response: { active: false }, length: 0 })
    const text = readUtf8(body)
    const document = text === undefined ? undefined : readJson(text, limits, 'TRUST_UNAVAILABLE')
    if (document === undefined || !document.ok || !isObject(document.value)) {
      return refuse('TRUST_UNAVAILABLE', callerIdentityClauses.json, 'STS: must answer with a JSON object')
    }
    return ok({ response: { ...document.value, active: true }, length: text?.length ?? 0 })
  }
}

function readUtf8(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}
