import { type Digest, sha256 } from '../../core/digest.ts'
import { evidenceHeaders } from '../../core/evidence-headers.ts'
import type { DecisionId } from '../../core/frame.ts'
import { isArray, isObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { type DialectInput, isDialectInput, type PolicyInput } from '../../core/policy-input.ts'
import { type Instant, instant } from '../../core/time.ts'
import { textAt, textsAt } from '../export/stored-line.ts'

/**
 * An input of policy but for the time and what each question asks, which all questions of a decision share. One of another
 * dialect is kept whole; credentials are not in it.
 */
export type SharedInput = Omit<PolicyInput, 'time' | 'action' | 'resource'> | DialectInput

/** What one question of a decision asks. */
export type AskedQuestion = Pick<PolicyInput, 'action' | 'resource'>

/**
 * What a decision was evaluated from, and its record does not say. With it, and with the builtins' answers and the time
 * that the record does say, the decision can be evaluated again.
 *
 * - `entrypoint`: of the bundle. `obligations`: types that the service could perform. `ttlMax`: the longest reuse, in
 *   seconds, that results could ask for.
 */
export interface Payload {
  readonly id: DecisionId
  readonly at: Instant
  readonly entrypoint: string
  readonly obligations: readonly string[]
  readonly ttlMax: number
  readonly input: SharedInput
  readonly questions: readonly AskedQuestion[]
}

/** A payload as it was read; `sha256` is that of its line, which the record of its decision names. */
export interface KeptPayload extends Payload {
  readonly sha256: Digest
}

/** One line without its line end. Headers that carry evidence are not in it, whatever the input holds. */
export function writePayload({ id, at, entrypoint, obligations, ttlMax, input, questions }: Payload): string {
  const request = isDialectInput(input) ? undefined : input.request
  const clean = request ? { ...input, request: { ...request, headers: withoutEvidence(request.headers) } } : input
  return JSON.stringify({ id, at, entrypoint, obligations, ttl_max: ttlMax, input: clean, questions })
}

/** The payload of a line; undefined for one that is none. */
export function readPayload(line: string): KeptPayload | undefined {
  let value: JsonValue
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value)) return undefined
  const [id, entrypoint] = [textAt(value, 'id'), textAt(value, 'entrypoint')]
  const { at, ttl_max: ttlMax, input, questions } = value
  if (id === undefined || entrypoint === undefined || typeof at !== 'number' || typeof ttlMax !== 'number')
    return undefined
  if (!isObject(input) || !isArray(questions) || !questions.every(isObject)) return undefined
  return {
    id: id as DecisionId, // written as one, and what was written was sealed
    at: instant(at),
    entrypoint,
    obligations: textsAt(value, 'obligations'),
    ttlMax,
    input: input as JsonObject & SharedInput,
    questions,
    sha256: sha256(line),
  }
}

const evidence: ReadonlySet<string> = new Set(evidenceHeaders)

function withoutEvidence<T>(headers: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const names = Object.keys(headers)
  if (!names.some((name) => evidence.has(name.toLowerCase()))) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !evidence.has(name.toLowerCase())))
}
