import { readFile } from 'node:fs/promises'
import type { PolicyInput } from '../pdp/core/policy-input.ts'
import { loadBundle } from '../pdp/policy/load-bundle.ts'
import { allReads, type InputReads, inputReadsOf } from '../pdp/policy/read-set/input-reads.ts'
import { writeInput } from '../pdp/policy/write-input.ts'
import { exampleBundle } from '../test/support/bundles.ts'
import { median } from './measure/median.ts'

// What it saves to evaluate only what a policy reads: the ask of an example of `orders`, written and evaluated whole and
// projected on the read set of its bundle, in turns. Microseconds of one thread, medians of the rounds.

const entrypoint = 'orders/decision'
const example = 'checkout-reads-order'
const rounds = 15
const perRound = 10_000

const loaded = await loadBundle(await exampleBundle('orders'))
if (!loaded.ok) throw new Error(loaded.detail)
const { evaluator, readSets, maximumInput } = loaded.value
const readSet = readSets.get(entrypoint)
const id = evaluator.entrypoints.get(entrypoint)
if (!readSet || id === undefined) throw new Error('the bundle has no read set of its entrypoint')

const path = new URL(`../policies/orders/examples/${example}.json`, import.meta.url)
const { input: document }: { readonly input: PolicyInput } = JSON.parse(await readFile(path, 'utf8'))
const input: PolicyInput = { ...document, time: { now_ns: '1772458200000000000' } }

function write(reads: InputReads): string {
  const written = writeInput(input, maximumInput, reads)
  if (!written.ok) throw new Error(written.detail)
  return written.value.text
}

function evaluate(text: string): string {
  const answer = evaluator.evaluate(id ?? 0, text)
  if (!answer.ok) throw new Error(answer.detail)
  return answer.value
}

function timed(work: () => unknown): number {
  const start = performance.now()
  for (let i = 0; i < perRound; i++) work()
  return ((performance.now() - start) * 1000) / perRound
}

const ways = [
  { name: 'whole', reads: allReads },
  { name: 'projected', reads: inputReadsOf(readSet) },
].map((way) => ({ ...way, text: write(way.reads), writing: [] as number[], evaluating: [] as number[] })) // filled below
if (new Set(ways.map(({ text }) => evaluate(text))).size !== 1) throw new Error('the results differ')

for (let round = -2; round < rounds; round++) {
  for (const { reads, text, writing, evaluating } of ways) {
    const figures = [timed(() => write(reads)), timed(() => evaluate(text))] as const
    if (round < 0) continue // the first ones warm up
    writing.push(figures[0])
    evaluating.push(figures[1])
  }
}

const totals = ways.map(({ name, text, writing, evaluating }) => {
  const [w, e] = [median(writing), median(evaluating)]
  console.log(
    `${name.padEnd(9)} ${String(Buffer.byteLength(text)).padStart(5)} bytes: write ${w.toFixed(2)} us, evaluate ${e.toFixed(2)} us, together ${(w + e).toFixed(2)} us`,
  )
  return w + e
})
console.log(`ratio: ${((totals[0] ?? Number.NaN) / (totals[1] ?? Number.NaN)).toFixed(2)}`)
