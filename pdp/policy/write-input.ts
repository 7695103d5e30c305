import { clauses } from '../core/clause.ts'
import type { JsonObject } from '../core/json.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { allReads, type InputReads } from './read-set/input-reads.ts'
import { project } from './read-set/project.ts'

export const inputClauses = clauses({
  size: 'policy-input-size',
  wellFormed: 'policy-input-well-formed',
  time: 'policy-input-time',
})

/** What one evaluation is given: the text that the module parses, and the part of it that stands for the ask in a key. */
export interface WrittenInput {
  readonly text: string
  /** The text up to its time. No two inputs that differ in anything that is read, but the time, share it. */
  readonly key: string
}

/**
 * Writes what is read of an input as the JSON text that the module parses; `time`, the last member, becomes a number of
 * all its digits. Refuses (INPUT_LIMIT) more than `maximum` bytes and text that is not well-formed: the module's parser
 * aborts on it.
 */
export function writeInput(
  input: PolicyInput,
  maximum: number,
  { tree, time }: InputReads = allReads,
): Result<WrittenInput> {
  const { now_ns } = input.time
  if (time && !digitsPattern.test(now_ns))
    return refuse('INPUT_LIMIT', inputClauses.time, 'the time of the decision is not a number of nanoseconds')
  // `undefined` members count as absent in JSON texts
  const seen = tree === 'whole' || tree.each !== undefined ? { ...input, time: undefined } : input
  // a policy input is JSON by its definition; its interfaces only lack the index signature that JsonObject has
  const key = JSON.stringify(project(tree, seen as unknown as JsonObject))
  const text = time ? `${key.slice(0, -1)}${key === '{}' ? '' : ','}"time":{"now_ns":${now_ns}}}` : key
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
