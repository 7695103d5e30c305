import { agrees } from './answer.ts'
import { ourHost, sdkBuiltins, sdkHost } from './hosts.ts'
import { createInputs, createSpelling } from './inputs.ts'
import type { Subject } from './subject.ts'
import { count, newTally, type Tally } from './tally.ts'

export interface Limits {
  readonly seed: number
  /** How many evaluations are compared at most. */
  readonly evaluations: number
  /** Of `performance.now`. */
  readonly until: number
}

interface SdkLimits extends Limits {
  /** The module that our engine runs instead of the subjects' own: an altered one, to see that it is noticed. */
  readonly ours?: Uint8Array<ArrayBuffer>
}

const perTurn = 200
const enough = 20 // differences, after which more say little

/**
 * Compares our engine with the npm SDK on the same modules, a few hundred inputs of each in turn. What the SDK answers
 * otherwise only after conflicts, and not on a fresh policy object, is its own known fault and no difference.
 */
export async function compareWithSdk(subjects: readonly Subject[], limits: SdkLimits): Promise<Tally> {
  const tally = newTally()
  const started = await Promise.all(
    subjects.map(async (subject) => ({
      subject,
      ours: await ourHost({ ...subject, wasm: limits.ours ?? subject.wasm }, sdkBuiltins),
    })),
  )
  const pairs = started.flatMap(({ subject, ours }) => (ours ? [{ subject, ours, theirs: sdkHost(subject) }] : []))
  for (let turn = 0; pairs.length > 0; turn++) {
    const pair = pairs[turn % pairs.length]
    if (!pair || done()) break
    const seed = limits.seed * 1_000_003 + turn
    const next = createInputs(pair.subject.seeds, seed)
    const respelt = createSpelling(seed)
    for (let i = 0; i < perTurn && tally.evaluations < limits.evaluations; i++) {
      const input = respelt(JSON.stringify(next()))
      const ours = pair.ours(input)
      count(tally, ours)
      const theirs = pair.theirs(input)
      if (agrees(ours, theirs)) continue
      const fresh = sdkHost(pair.subject)(input)
      if (agrees(ours, fresh)) continue
      tally.differences.push({ subject: pair.subject.name, peer: 'the npm SDK', seed, input, ours, theirs: fresh })
    }
  }
  return tally

  function done(): boolean {
    return (
      tally.evaluations >= limits.evaluations || tally.differences.length >= enough || performance.now() >= limits.until
    )
  }
}
