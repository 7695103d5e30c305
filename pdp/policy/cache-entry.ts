import type { Digest } from '../core/digest.ts'
import type { DecisionId } from '../core/frame.ts'
import { isObject, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { type Instant, instant } from '../core/time.ts'
import type { Answer } from './answer.ts'
import { readResult, type ResultRules } from './read-result.ts'
import { writeResult } from './write-result.ts'

/** An answer as a store keeps it: under which key, made when, and by which decision's evaluation. */
export interface CacheEntry {
  readonly key: Digest
  readonly madeAt: Instant
  readonly filledBy: DecisionId
  readonly answer: Answer
}

const limits: JsonLimits = {
  length: 4_194_304,
  depth: 128,
  membersPerObject: 100_000,
  members: 1_000_000,
  stringLength: 1_048_576,
}

const encoder = new TextEncoder()
const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export const writeCacheEntry = ({ key, madeAt, filledBy, answer }: CacheEntry): Uint8Array =>
  encoder.encode(JSON.stringify({ key, made_at: madeAt, filled_by: filledBy, result: writeResult(answer) }))

/**
 * Reads what a store answered for `key`, through the reader of results. Undefined for anything that was not written for
 * this very key or is not whole: a store may be shared, and may be wrong.
 */
export function readCacheEntry(bytes: Uint8Array, key: Digest, rules: ResultRules): CacheEntry | undefined {
  const document = readJson(Buffer.from(bytes).toString('utf8'), limits, 'POLICY_ERROR')
  if (!document.ok || !isObject(document.value) || stringMember(document.value, 'key') !== key) return undefined
  const madeAt = member(document.value, 'made_at')
  const filledBy = stringMember(document.value, 'filled_by')
  const result = member(document.value, 'result')
  if (typeof madeAt !== 'number' || filledBy === undefined || !idPattern.test(filledBy) || result === undefined) {
    return undefined
  }
  const answer = readResult(result, rules)
  // the pattern above is what makes a decision id
  return answer.ok
    ? { key, madeAt: instant(madeAt), filledBy: filledBy as DecisionId, answer: answer.value }
    : undefined
}
