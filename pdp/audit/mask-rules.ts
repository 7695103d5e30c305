import { isArray, isObject, type JsonObject, type JsonValue, stringMember } from '../core/json.ts'
import type { CommitValue } from './commit-value.ts'
import { readPointer, valueAt } from './json-pointer.ts'

/** What rules say of one decision: pointers as `system.log.mask` gives them, and whether no more than its proof is kept. */
export interface MaskAnswer {
  readonly rules: readonly JsonValue[]
  readonly drop: boolean
}

/** What rules said, undefined where they could not be asked, and who commits to values. */
export interface MaskParts {
  readonly answer: MaskAnswer | undefined
  readonly commit: CommitValue
}

/** What rules are asked about: the record of a decision, without its number. */
export const maskDocument = (body: string): string => `{"kind":"decision",${body.slice(1)}`

const maximumValue = 1_024 // characters of what is put in the place of something

/** Members that rules may change; everything else of a record is what it proves. */
const maskable: ReadonlySet<string> = new Set([
  'pep_auth',
  'trace',
  'ask_id',
  'subject',
  'attested',
  'delegation',
  'questions',
  'request',
  'builtins',
])
/** What is kept of a question whatever rules say. */
const keptOfQuestion: ReadonlySet<string> = new Set(['code', 'clause', 'cache', 'filled_by', 'input_sha256'])
/** Members whose values are words of ours: only taken out. */
const ownWords: ReadonlySet<string> = new Set(['kind', 'possession'])
/** Members below which names and values are not the log's own, so that any value may stand there. */
const freeForm: ReadonlySet<string> = new Set(['properties', 'claims'])

/**
 * Changes the body of a decision as the rules of operators say, before anything is hashed: a pointer (RFC 6901), or `{op:
 * "remove" | "upsert" | "commit", path, value}`. What was taken out stands in `erased`, what was exchanged in `replaced`, and
 * in `commit` is, by its pointer, what a value that was taken out can be shown with later. A value
 * that cannot stand where it was to is taken out instead. Where the rules could not be asked or read, only the proof is
 * left, with `mask_failed`; where they drop a decision, with `dropped`: that it was made, by which policy, with which
 * outcome, cannot be hidden.
 */
export function maskByRules(body: string, { answer, commit }: MaskParts, maximumBytes: number): string {
  const record = JSON.parse(body) as JsonObject // a body is the text of an object
  const rules = answer?.rules.map(readRule)
  if (!answer || !rules?.every((rule) => rule !== undefined)) return proofOf(record, 'mask_failed')
  if (answer.drop) return proofOf(record, 'dropped')
  if (rules.length === 0) return body
  let masked = record
  const erased = new Set<string>()
  const replaced = new Set<string>()
  const committed: Record<string, string> = {}
  // of a list the last items first, so that those before keep their places
  for (const { op, pointer, path, value } of rules.toSorted((a, b) => compare(b.pointer, a.pointer))) {
    if (!mayChange(path)) continue
    const before = valueAt(masked, path)
    if (before === undefined) continue
    const put = value !== undefined && mayStand(value, before, path)
    masked = changed(masked, path, put ? value : undefined) as JsonObject // the root of a path that is not empty stays
    if (op === 'commit') committed[pointer] = commit(stringMember(record, 'id') ?? '', pointer, before)
    else (put ? replaced : erased).add(pointer)
  }
  const text = JSON.stringify({
    ...masked,
    ...(erased.size > 0 && { erased: [...erased] }),
    ...(replaced.size > 0 && { replaced: [...replaced] }),
    ...(Object.keys(committed).length > 0 && { commit: committed }),
  })
  return Buffer.byteLength(text) <= maximumBytes ? text : proofOf(record, 'mask_failed')
}

interface Rule {
  readonly op: 'remove' | 'upsert' | 'commit'
  readonly pointer: string
  readonly path: readonly [string, ...string[]]
  readonly value?: JsonValue
}

function readRule(rule: JsonValue): Rule | undefined {
  const read = isObject(rule) ? rule : { op: 'remove', path: rule }
  const { op, path: pointer, value } = read
  const path = typeof pointer === 'string' ? readPointer(pointer) : undefined
  if (typeof pointer !== 'string' || !path) return undefined
  if (op === 'remove' || op === 'commit') return { op, pointer, path }
  return op === 'upsert' && value !== undefined ? { op, pointer, path, value } : undefined
}

function mayChange([member, , ofQuestion]: Rule['path']): boolean {
  if (member !== 'questions') return maskable.has(member)
  return ofQuestion !== undefined && !keptOfQuestion.has(ofQuestion) // one line has one answer for each question
}

function mayStand(value: JsonValue, before: JsonValue, path: Rule['path']): boolean {
  if (JSON.stringify(value).length > maximumValue) return false
  const free = path.slice(0, -1).some((name) => freeForm.has(name))
  return free || (!ownWords.has(path.at(-1) ?? '') && typeof value === 'string' && typeof before === 'string')
}

/** The value with `to` at a path that is there; undefined: without it. */
function changed(
  value: JsonValue,
  [name, ...rest]: readonly string[],
  to: JsonValue | undefined,
): JsonValue | undefined {
  if (name === undefined) return to
  if (isArray(value))
    return value.flatMap((item, i) => {
      const next = i === Number(name) ? changed(item, rest, to) : item
      return next === undefined ? [] : [next]
    })
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([each, inner]) => {
      const next = each === name ? changed(inner, rest, to) : inner
      return next === undefined ? [] : [[each, next]]
    }),
  )
}

/** What every record of a decision keeps. */
function proofOf(record: JsonObject, why: 'dropped' | 'mask_failed'): string {
  const questions = isArray(record['questions']) ? record['questions'] : []
  const kept = Object.entries(record).filter(([name]) => !maskable.has(name) || name === 'questions')
  const proof = {
    ...Object.fromEntries(kept),
    questions: questions.map((question) =>
      Object.fromEntries(Object.entries(question ?? {}).filter(([name]) => keptOfQuestion.has(name))),
    ),
  }
  return JSON.stringify({ ...proof, [why]: true })
}

const { compare } = new Intl.Collator('en', { numeric: true })
