import { clauses } from '../core/clause.ts'
import type { JsonObject } from '../core/json.ts'
import { type EvaluationInput, isDialectInput, type PolicyInput } from '../core/policy-input.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { allReads, type InputReads } from './read-set/input-reads.ts'
import { project } from './read-set/project.ts'
import type { ResultRules } from './read-result.ts'

export const inputClauses = clauses({
  size: 'policy-input-size',
  wellFormed: 'policy-input-well-formed',
  time: 'policy-input-time',
  dialect: 'policy-input-dialect',
})

/** What one evaluation is given: the text that the module parses, and the part of it that stands for the ask in a key. */
export interface WrittenInput {
  readonly text: string
  /** The text up to its time. No two inputs that differ in anything that is read, but the time, share it. */
  readonly key: string
}

/**
 * Writes what is read of an input as the JSON text that the module parses; `time`, the last member, becomes a number of
 * all its digits. Refuses (INPUT_LIMIT) more than `maximum` bytes, text that is not well-formed, on which the module's
 * parser aborts, and an input of another dialect than the policy's.
 */
export function writeInput(
  input: EvaluationInput,
  maximum: number,
  reads: InputReads = allReads,
  dialect?: ResultRules['dialect'],
): Result<WrittenInput> {
  if (isDialectInput(input) ? input.dialect !== dialect : dialect !== undefined)
    return refuse('INPUT_LIMIT', inputClauses.dialect, 'this policy takes another kind of input than this door makes')
  return isDialectInput(input) ? writeDocument(input.document, maximum, reads) : writeOwn(input, maximum, reads)
}

/** A document of another dialect has no time of the decision: what is read of it is all of the key. */
function writeDocument(document: JsonObject, maximum: number, { tree }: InputReads): Result<WrittenInput> {
  const key = JSON.stringify(project(tree, document))
  return wellFormed({ text: key, key }, maximum)
}

function writeOwn(input: PolicyInput, maximum: number, { tree, time }: InputReads): Result<WrittenInput> {
  const { now_ns } = input.time
  if (time && !digitsPattern.test(now_ns))
    return refuse('INPUT_LIMIT', inputClauses.time, 'the time of the decision is not a number of nanoseconds')
  // `undefined` members count as absent in JSON texts
  const seen = tree === 'whole' || tree.each !== undefined ? { ...input, time: undefined } : input
  // a policy input is JSON by its definition; its interfaces only lack the index signature that JsonObject has
  const key = JSON.stringify(project(tree, seen as unknown as JsonObject))
  const text = time ? `${key.slice(0, -1)}${key === '{}' ? '' : ','}"time":{"now_ns":${now_ns}}}` : key
  return wellFormed({ text, key }, maximum)
}

function wellFormed({ text, key }: WrittenInput, maximum: number): Result<WrittenInput> {
  // a UTF-16 code unit takes at most three bytes, so most texts need not be measured
  if (text.length > maximum || (text.length * 3 > maximum && Buffer.byteLength(text) > maximum))
    return refuse('INPUT_LIMIT', inputClauses.size, `the policy input is longer than ${maximum} bytes`)
  if (hasLoneSurrogate(key))
    return refuse('INPUT_LIMIT', inputClauses.wellFormed, 'the policy input holds a lone surrogate')
  return ok({ text, key })
}

const digitsPattern = /^-?\d{1,20}$/

/**
 * Whether a text by JSON.stringify stands for a string with a lone surrogate. The text itself is always well-formed:
 * a lone surrogate, and nothing else, is written as the lower-case escape `\ud…`.
 */
export const hasLoneSurrogate = (json: string): boolean => json.includes(surrogateEscape) && unescaped.test(json)

const surrogateEscape = '\\ud'
const unescaped = /(?<!\\)(?:\\\\)*\\ud/
