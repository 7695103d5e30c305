import type { JsonValue } from '../../../pdp/core/json.ts'
import { createRandom, mutated } from '../../property/policy/read-set/mutate.ts'

/** Values that engines disagree about most easily: other numbers, and texts that are escaped or longer in UTF-8. */
const odd: JsonValue = {
  numbers: [-1, 1.5, 0.1, -0.5, 1e21, 9_007_199_254_740_991, 18, 17, 100],
  texts: ['é', '😀', '\u0000', '\u2028', '"', '\\', 'a/b', 'A', '\t\n', '\u007f', 'true', '0', 'x'.repeat(300)],
  lists: [[null], [[]], [{}], [1, 1], { '': 1 }, { é: { '😀': [true] } }],
}

const longest = 4_000

/** Inputs near the seeds: each is the one before with a random change. The same seed gives the same inputs. */
export function createInputs(seeds: readonly JsonValue[], seed: number): () => JsonValue {
  const random = createRandom(seed)
  const start = (): JsonValue => seeds[Math.floor(random() * seeds.length)] ?? {}
  const lenders = [...seeds, odd]
  let input = start()
  return () => {
    if (random() < 0.25) input = start()
    const next = mutated(input, lenders, random)
    input = JSON.stringify(next).length < longest ? next : start()
    return input
  }
}

const spellings = ['1e2', '1.0', '-0', '1E+2', '0.10', '100000000000000000001', '12345678901234567890.5', '1e-7']

/** The text with one of its integers spelt in a way that JavaScript never writes; most texts stay as they are. */
export function createSpelling(seed: number): (text: string) => string {
  const random = createRandom(seed)
  return (text) => {
    if (random() >= 0.1) return text
    const numbers = [...text.matchAll(/(?<=[:,[])\d+(?=[,\]}])/g)]
    const chosen = numbers[Math.floor(random() * numbers.length)]
    const spelling = spellings[Math.floor(random() * spellings.length)] ?? '1.0'
    if (!chosen) return text
    return `${text.slice(0, chosen.index)}${spelling}${text.slice(chosen.index + chosen[0].length)}`
  }
}
