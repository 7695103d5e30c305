import { clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { fromRfc3339, type Instant, toRfc3339 } from '../core/time.ts'
import { isSubjectTarget, readTarget } from './read-target.ts'
import type { RevocationTarget, SubjectTarget } from './revocation-key.ts'

export const changeClauses = clauses({ form: 'revocation-change-form' })

/**
 * One change of what is revoked: a value that never changes itself, known by its id wherever it goes.
 *
 * - `at`, `by`, `reason`: when it was made, by which operator, and why.
 */
export type RevocationChange = Revoke | Lift

/**
 * - `notBefore`: only what was issued before is revoked; what does not say when it was issued is too.
 * - `until`: when it ends by itself; without it, never.
 */
export type Revoke = ChangeFacts & {
  readonly act: 'revoke'
  readonly until?: Instant
} & (
    | { readonly target: RevocationTarget; readonly notBefore?: never }
    | { readonly target: SubjectTarget; readonly notBefore: Instant }
  )

/** `ends`: the ids of the revocations that it ends. One that its author did not know of goes on. */
export type Lift = ChangeFacts & {
  readonly act: 'lift'
  readonly target: RevocationTarget
  readonly ends: readonly string[]
}

interface ChangeFacts {
  readonly id: string
  readonly at: Instant
  readonly by: string
  readonly reason: string
}

/** A change as JSON, as files, records and replies show it. */
export function changeJson(change: RevocationChange): JsonObject {
  const { act, id, at, by, reason, target } = change
  const facts = { act, id, at: toRfc3339(at), by, reason, target: { ...target } }
  if (change.act === 'lift') return { ...facts, ends: change.ends }
  return {
    ...facts,
    ...(change.notBefore !== undefined && { not_before: toRfc3339(change.notBefore) }),
    ...(change.until !== undefined && { until: toRfc3339(change.until) }),
  }
}

const limits: JsonLimits = {
  length: 1_048_576, // a lift of one target names every revocation of it
  depth: 4,
  membersPerObject: 16,
  members: 32,
  stringLength: 8_192,
}

/** Reads a change out of the text of its JSON. Refuses whatever {@link changeJson} would not write. */
export function readChange(text: string): Result<RevocationChange> {
  const json = readJson(text, limits, 'REQUEST_MALFORMED')
  if (!json.ok) return json
  const malformed = refuse('REQUEST_MALFORMED', changeClauses.form, 'not a change of what is revoked')
  const { value } = json
  if (!isObject(value)) return malformed
  const target = readTarget(member(value, 'target'))
  if (!target.ok) return target
  const [id, by, reason] = [stringMember(value, 'id'), stringMember(value, 'by'), stringMember(value, 'reason')]
  const at = readTime(member(value, 'at'))
  if (id === undefined || by === undefined || reason === undefined || at === undefined) return malformed
  const facts = { id, at, by, reason }
  if (value['act'] === 'lift') {
    const ends = readIds(member(value, 'ends'))
    return ends ? ok({ act: 'lift', ...facts, target: target.value, ends }) : malformed
  }
  if (value['act'] !== 'revoke') return malformed
  const [until, notBefore] = [readTime(member(value, 'until')), readTime(member(value, 'not_before'))]
  if ((until === undefined) !== (member(value, 'until') === undefined)) return malformed
  if ((notBefore === undefined) !== (member(value, 'not_before') === undefined)) return malformed
  const revoke = { act: 'revoke' as const, ...facts, ...(until !== undefined && { until }) }
  if (notBefore === undefined) return ok({ ...revoke, target: target.value })
  return isSubjectTarget(target.value) ? ok({ ...revoke, target: target.value, notBefore }) : malformed
}

/** An instant out of RFC 3339 text with milliseconds; undefined for anything else. */
export function readTime(value: JsonValue | undefined): Instant | undefined {
  if (typeof value !== 'string') return undefined
  try {
    return fromRfc3339(value)
  } catch {
    return undefined
  }
}

const isText = (value: JsonValue): value is string => typeof value === 'string'

const readIds = (value: JsonValue | undefined): readonly string[] | undefined =>
  isArray(value) && value.every(isText) ? value : undefined
