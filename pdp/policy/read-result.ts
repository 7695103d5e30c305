import { clauses } from '../core/clause.ts'
import type { Digest } from '../core/digest.ts'
import { type Evaluated, mintEvaluated } from '../core/evaluated.ts'
import type { DecisionId, Frame } from '../core/frame.ts'
import { isObject, type JsonObject, type JsonValue, member } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { type Seconds, seconds } from '../core/time.ts'
import type { Answer } from './answer.ts'
import { readOpaEnvoyResult } from './opa-envoy/read-result.ts'
import { readResultHeaders } from './result-headers.ts'
import { readAllow, readChallenge, readObligations, readReasons, readStatus, readTtl } from './result-members.ts'

export const resultClauses = clauses({
  shape: 'policy-result-shape',
  members: 'policy-result-known-members',
})

/** What a policy may ask for. Header names in lower-case. */
export interface ResultRules {
  readonly maximumTtl: Seconds
  readonly requestHeaders: ReadonlySet<string>
  readonly responseHeaders: ReadonlySet<string>
  /** Of inputs and results; absent: ours. */
  readonly dialect?: 'opa-envoy'
}

/** An hour of reuse at most, and no headers. */
export const defaultResultRules: ResultRules = {
  maximumTtl: seconds(3600),
  requestHeaders: new Set(),
  responseHeaders: new Set(),
}

type Part = Partial<Answer>
type MemberReader = (value: JsonValue, rules: ResultRules) => Result<Part>

const as =
  <K extends keyof Answer>(name: K, read: (value: JsonValue, rules: ResultRules) => Result<NonNullable<Answer[K]>>) =>
  (value: JsonValue, rules: ResultRules): Result<Part> => {
    const part = read(value, rules)
    // a computed name widens to an index signature; K and the value's type belong together by the signature above
    return part.ok ? ok({ [name]: part.value } as Part) : part
  }

/** Every member that a result may have, and how it is read. */
const members: Readonly<Record<string, MemberReader>> = {
  allow: as('allow', readAllow),
  reasons: as('reasons', readReasons),
  obligations: as('obligations', readObligations),
  ttl: as('ttl', (value, { maximumTtl }) => readTtl(value, maximumTtl)),
  request_headers: as('requestHeaders', (value, rules) => readResultHeaders(value, rules.requestHeaders)),
  response_headers: as('responseHeaders', (value, rules) => readResultHeaders(value, rules.responseHeaders)),
  status: as('status', readStatus),
  challenge: as('challenge', readChallenge),
}

const nothing = { reasons: [], obligations: [], requestHeaders: {}, responseHeaders: {} } as const

/**
 * Reads the result of a policy, sets as lists: a boolean, or an object with `allow` and nothing that is not known.
 * Anything else is POLICY_ERROR; an allow is the boolean `true` and no other value. In another dialect, by its rules.
 */
export function readResult(value: JsonValue, rules: ResultRules): Result<Answer> {
  if (rules.dialect === 'opa-envoy') return readOpaEnvoyResult(value)
  if (typeof value === 'boolean') return ok({ allow: value, ...nothing })
  return isObject(value)
    ? readMembers(value, rules)
    : refuse('POLICY_ERROR', resultClauses.shape, 'a result must be a boolean or an object with `allow`')
}

function readMembers(object: JsonObject, rules: ResultRules): Result<Answer> {
  const allow = readAllow(member(object, 'allow'))
  if (!allow.ok) return allow
  let answer: Answer = { allow: allow.value, ...nothing }
  for (const [name, value] of Object.entries(object)) {
    const read = Object.hasOwn(members, name) ? members[name] : undefined
    if (!read) return unknownMember()
    const part = read(value, rules)
    if (!part.ok) return part
    answer = { ...answer, ...part.value }
  }
  return ok(answer)
}

const unknownMember = (): Refusal =>
  refuse('POLICY_ERROR', resultClauses.members, `a result may have only the members ${Object.keys(members).join(', ')}`)

/** Makes the evaluated value of one ask out of an answer that {@link readResult} read. */
export function mintAnswer(
  answer: Answer,
  frame: Frame,
  from:
    | { readonly cache: 'hit-l1' | 'hit-l2'; readonly filledBy: DecisionId }
    | { readonly cache: 'miss' | 'bypass'; readonly inputSha256: Digest },
): Evaluated {
  return mintEvaluated({ ...answer, ask: frame.id, ...from })
}
