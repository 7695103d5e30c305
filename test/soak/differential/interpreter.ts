import { isArray, type JsonValue } from '../../../pdp/core/json.ts'
import type { RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import type { PeerAnswer } from './answer.ts'
import type { Source } from './subject.ts'

/** Answers many inputs at once; `stops` says for which an error is expected, which would end a common evaluation. */
export type AskMany = (
  inputs: readonly JsonValue[],
  stops: (index: number) => boolean,
) => Promise<readonly PeerAnswer[]>

/** OPA's interpreter of source, topdown, inside the toolchain. One call answers many inputs: a call costs milliseconds. */
export function interpreter(toolchain: RegoToolchain, { expression, ...sources }: Source): AskMany {
  const many = `[answers | some one in input; answers := [v | v := ${expression} with input as one]]`

  async function one(input: JsonValue): Promise<PeerAnswer> {
    const answer = await toolchain.eval({ ...sources, query: expression, input })
    if (!answer.ok) return { kind: 'error', message: answer.errors.map(({ message }) => message).join('; ') }
    // JSON of the toolchain: what it holds is JSON
    return { kind: 'values', values: answer.value.results.map(({ values }) => values[0] as JsonValue) }
  }

  // the list of all inputs is the input of the common question
  async function together(inputs: readonly JsonValue[]): Promise<readonly PeerAnswer[]> {
    const answer = await toolchain.eval({ ...sources, query: many, input: inputs })
    const lists = answer.ok ? (answer.value.results[0]?.values[0] as JsonValue | undefined) : undefined // as above
    if (isArray(lists) && lists.length === inputs.length)
      return lists.map((values) => ({ kind: 'values', values: isArray(values) ? values : [] }))
    // one of them ended it: which one shows when they are asked one by one
    if (inputs.length === 1) return [await one(inputs[0] ?? null)]
    const half = Math.ceil(inputs.length / 2)
    return [...(await together(inputs.slice(0, half))), ...(await together(inputs.slice(half)))]
  }

  return async (inputs, stops) => {
    const expected = await together(inputs.filter((_, i) => !stops(i)))
    const answers: PeerAnswer[] = []
    let taken = 0
    for (const [i, input] of inputs.entries())
      answers.push(stops(i) ? await one(input) : (expected[taken++] ?? { kind: 'error', message: 'no answer' }))
    return answers
  }
}
