import { builtins } from '../../../pdp/policy/builtins/list.ts'
import type { RegoToolchain } from '../../../pdp/rego/toolchain.ts'
import type { Limits } from './against-sdk.ts'
import { agrees } from './answer.ts'
import { ourHost } from './hosts.ts'
import { createInputs } from './inputs.ts'
import { interpreter } from './interpreter.ts'
import type { Subject } from './subject.ts'
import { count, newTally, type Tally } from './tally.ts'

const perTurn = 100
const stopsPerTurn = 25 // those the interpreter is asked one by one

/** Compares our engine, on the module, with OPA's interpreter on the source. */
export async function compareWithInterpreter(
  subjects: readonly Subject[],
  toolchain: RegoToolchain,
  limits: Limits,
): Promise<Tally> {
  const tally = newTally()
  const started = await Promise.all(
    subjects.map(async (subject) => ({ subject, ours: await ourHost(subject, builtins) })),
  )
  const able = started.flatMap(({ subject, ours }) =>
    ours && subject.source ? [{ subject, ours, theirs: interpreter(toolchain, subject.source) }] : [],
  )
  for (let turn = 0; able.length > 0; turn++) {
    const pair = able[turn % able.length]
    if (!pair || tally.evaluations >= limits.evaluations || performance.now() >= limits.until) break
    const seed = limits.seed * 1_000_003 + turn
    const next = createInputs(pair.subject.seeds, seed)
    let stopped = 0
    const asked = Array.from({ length: perTurn }, () => {
      const input = next()
      return { input, ours: pair.ours(JSON.stringify(input)) }
    }).filter(({ ours }) => ours.kind === 'values' || ++stopped <= stopsPerTurn)
    const answers = await pair.theirs(
      asked.map(({ input }) => input),
      (i) => asked[i]?.ours.kind === 'error',
    )
    for (const [i, { input, ours }] of asked.entries()) {
      count(tally, ours)
      const theirs = answers[i] ?? { kind: 'error', message: 'no answer' }
      if (agrees(ours, theirs)) continue
      if (agrees(ours, theirs, 'compiled')) {
        tally.reordered++
        continue
      }
      const { name } = pair.subject
      tally.differences.push({ subject: name, peer: 'topdown', seed, input: JSON.stringify(input), ours, theirs })
    }
  }
  return tally
}
