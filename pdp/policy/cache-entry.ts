import type { Digest } from '../core/digest.ts'
import type { DecisionId } from '../core/frame.ts'
import { isObject, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { type Instant, instant } from '../core/time.ts'
import type { Answer } from './answer.ts'
import { readResult, type ResultRules } from './read-result.ts'
import { frozen, longestRemembered, mostRemembered } from './remember.ts'
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
 * The reader of what a store answers for a key, through the reader of results. Undefined for anything that was not
 * written for that very key or is not whole: a store may be shared, and may be wrong. The same bytes for the same key are
 * the same entry, which is frozen.
 */
export function createCacheEntryReader(rules: ResultRules): (bytes: Uint8Array, key: Digest) => CacheEntry | undefined {
  const known = new Map<Digest, { readonly bytes: Uint8Array; readonly entry: CacheEntry }>()
  return (bytes, key) => {
    const before = known.get(key)
    if (before && Buffer.compare(before.bytes, bytes) === 0) return before.entry
    const entry = readEntry(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'), rules)
    if (entry?.key !== key) return undefined
    if (bytes.length > longestRemembered) return entry
    if (known.size >= mostRemembered) known.clear()
    known.set(key, { bytes: Uint8Array.from(bytes), entry: frozen(entry) })
    return entry
  }
}

function readEntry(text: string, rules: ResultRules): CacheEntry | undefined {
  const document = readJson(text, limits, 'POLICY_ERROR')
  if (!document.ok || !isObject(document.value)) return undefined
  const key = stringMember(document.value, 'key')
  const madeAt = member(document.value, 'made_at')
  const filledBy = stringMember(document.value, 'filled_by')
  const result = member(document.value, 'result')
  if (key === undefined || typeof madeAt !== 'number' || result === undefined) return undefined
  if (filledBy === undefined || !idPattern.test(filledBy)) return undefined
  const answer = readResult(result, rules)
  // a key is compared with a digest before it counts; the pattern above is what makes a decision id
  return answer.ok
    ? { key: key as Digest, madeAt: instant(madeAt), filledBy: filledBy as DecisionId, answer: answer.value }
    : undefined
}
