import { clauses } from '../core/clause.ts'
import type { PolicyInput } from '../core/policy-input.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const inputClauses = clauses({
  size: 'policy-input-size',
  wellFormed: 'policy-input-well-formed',
  time: 'policy-input-time',
})

/**
 * Writes the input as the JSON text that the module parses; `time`, the last member, becomes a number of all its digits. Refuses
 * (INPUT_LIMIT) more than `maximum` bytes and text that is not well-formed: the module's parser aborts on it.
 */
export function writeInput(input: PolicyInput, maximum: number): Result<string> {
  const { now_ns } = input.time
  const quoted = JSON.stringify(input)
  const end = `"time":{"now_ns":"${now_ns}"}}`
  if (!/^-?\d{1,20}$/.test(now_ns) || !quoted.endsWith(end))
    return refuse(
      'INPUT_LIMIT',
      inputClauses.time,
      'the time of the decision is not a number of nanoseconds at the end',
    )
  const text = `${quoted.slice(0, -end.length)}"time":{"now_ns":${now_ns}}}`
  // a UTF-16 code unit takes at most three bytes, so most texts need not be measured
  if (text.length > maximum || (text.length * 3 > maximum && Buffer.byteLength(text) > maximum))
    return refuse('INPUT_LIMIT', inputClauses.size, `the policy input is longer than ${maximum} bytes`)
  if (hasLoneSurrogate(text))
    return refuse('INPUT_LIMIT', inputClauses.wellFormed, 'the policy input holds a lone surrogate')
  return ok(text)
}

/**
 * Whether a text by JSON.stringify stands for a string with a lone surrogate. The text itself is always well-formed:
 * a lone surrogate, and nothing else, is written as the lower-case escape `\ud…`.
 */
export const hasLoneSurrogate = (json: string): boolean =>
  json.includes(String.raw`\ud`) && /(?<!\\)(?:\\\\)*\\ud/.test(json)
