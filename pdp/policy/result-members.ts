import { type Clause, clauses } from '../core/clause.ts'
import type { Obligation, Reason } from '../core/evaluated.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member } from '../core/json.ts'
import { type Challenge, ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { type Seconds, seconds } from '../core/time.ts'
import { compareText } from './compare-values.ts'

export const resultMemberClauses = clauses({
  allow: 'policy-result-allow',
  reasons: 'policy-result-reasons',
  obligations: 'policy-result-obligations',
  ttl: 'policy-result-ttl',
  status: 'policy-result-status',
  challenge: 'policy-result-challenge',
})

const maximumItems = 64
const maximumMessage = 1024
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,127}$/
const challengePattern = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/ // RFC 6749 §3.3, RFC 9470 §3

/** Each reader takes one member of the result as it stands and refuses with POLICY_ERROR. */
export function readAllow(value: JsonValue | undefined): Result<boolean> {
  return typeof value === 'boolean' ? ok(value) : bad(resultMemberClauses.allow, '`allow` must be true or false')
}

/** Sorted by code, then message, by code point: the order of a set's items means nothing. */
export function readReasons(value: JsonValue): Result<readonly Reason[]> {
  const clause = resultMemberClauses.reasons
  const list = itemsOf(value, ['code', 'message'])
  if (!list) return bad(clause, `\`reasons\` must be at most ${maximumItems} of {code, message}`)
  const reasons: Reason[] = []
  for (const item of list) {
    const [code, message] = [member(item, 'code'), member(item, 'message')]
    if (typeof code !== 'string' || !namePattern.test(code))
      return bad(clause, 'a reason `code` must be a name of letters, digits and _ . : / @ -')
    if (typeof message !== 'string' || message.length > maximumMessage || !message.isWellFormed())
      return bad(clause, `a reason \`message\` must be text of at most ${maximumMessage} characters`)
    reasons.push({ code, message })
  }
  return ok(reasons.sort((a, b) => compareText(a.code, b.code) || compareText(a.message, b.message)))
}

export function readObligations(value: JsonValue): Result<readonly Obligation[]> {
  const clause = resultMemberClauses.obligations
  const list = itemsOf(value, ['id', 'type', 'properties'])
  if (!list) return bad(clause, `\`obligations\` must be at most ${maximumItems} of {id, type, properties}`)
  const obligations: Obligation[] = []
  for (const item of list) {
    const [id, type, properties] = [member(item, 'id'), member(item, 'type'), member(item, 'properties')]
    if (typeof id !== 'string' || !namePattern.test(id) || typeof type !== 'string' || !namePattern.test(type))
      return bad(clause, 'an obligation `id` and `type` must be names of letters, digits and _ . : / @ -')
    if (!isObject(properties)) return bad(clause, 'obligation `properties` must be an object')
    obligations.push({ id, type, properties })
  }
  return ok(obligations)
}

/** Whole seconds, cut to `maximum`. */
export function readTtl(value: JsonValue, maximum: Seconds): Result<Seconds> {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? ok(seconds(Math.min(value, maximum)))
    : bad(resultMemberClauses.ttl, '`ttl` must be a whole number of seconds, 0 or more')
}

export function readStatus(value: JsonValue): Result<401 | 403 | 404 | 429> {
  return value === 401 || value === 403 || value === 404 || value === 429
    ? ok(value)
    : bad(resultMemberClauses.status, '`status` must be 401, 403, 404 or 429')
}

export function readChallenge(value: JsonValue): Result<Challenge> {
  const clause = resultMemberClauses.challenge
  if (!isObject(value) || !hasOnly(value, ['scope', 'acr_values']))
    return bad(clause, '`challenge` must be of {scope, acr_values}')
  const [scope, acrValues] = [member(value, 'scope'), member(value, 'acr_values')]
  for (const text of [scope, acrValues])
    if (
      text !== undefined &&
      (typeof text !== 'string' || text.length > maximumMessage || !challengePattern.test(text))
    )
      return bad(clause, '`challenge` members must be words of visible ASCII without quotes, one space apart')
  return ok({
    ...(typeof scope === 'string' && { scope }),
    ...(typeof acrValues === 'string' && { acrValues }),
  })
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)

/** The objects of a list, none with a member that is not named; undefined if it is no such list. */
function itemsOf(value: JsonValue, names: readonly string[]): readonly JsonObject[] | undefined {
  if (!isArray(value) || value.length > maximumItems) return undefined
  const items = value.filter((item) => isObject(item)).filter((item) => hasOnly(item, names))
  return items.length === value.length ? items : undefined
}

const hasOnly = (object: JsonObject, names: readonly string[]): boolean =>
  Object.keys(object).every((name) => names.includes(name))
