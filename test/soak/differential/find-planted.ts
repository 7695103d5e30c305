import { compareWithSdk, type Limits } from './against-sdk.ts'
import { agrees, type PeerAnswer } from './answer.ts'
import { ourHost, sdkBuiltins, sdkHost } from './hosts.ts'
import { plant } from './plant.ts'
import type { Subject } from './subject.ts'

/** Says what was changed in a module, and how many differences the comparison found with it. Throws if it found none. */
export async function findPlanted(subject: Subject, limits: Limits): Promise<string> {
  const unaltered = await compareWithSdk([subject], limits)
  if (unaltered.evaluations === 0) throw new Error(`${subject.name} is not compared at all`)
  if (unaltered.differences.length > 0) return `${subject.name} differs before anything is planted`
  const sound = subject.seeds.map((seed) => sdkHost(subject)(JSON.stringify(seed)))
  const planted = await plant(subject.wasm, (wasm) => decidesOtherwise({ ...subject, wasm }, sound))
  if (!planted) throw new Error(`no change of one instruction of ${subject.name} alters a decision`)
  const tally = await compareWithSdk([subject], { ...limits, ours: planted.wasm })
  if (tally.differences.length === 0) throw new Error('the planted difference was not found')
  return `planted ${planted.change} at byte ${planted.offset} of ${subject.name}: ${tally.differences.length} differences in ${tally.evaluations} evaluations`
}

/** Whether the module still runs, and gives a seed another value. */
async function decidesOtherwise(subject: Subject, sound: readonly PeerAnswer[]): Promise<boolean> {
  const evaluate = await ourHost(subject, sdkBuiltins).catch(() => undefined)
  if (!evaluate) return false
  const answers = subject.seeds.map((seed) => evaluate(JSON.stringify(seed)))
  return (
    answers.every(({ kind }) => kind === 'values') &&
    answers.some((answer, i) => !agrees(answer, sound[i] ?? { kind: 'values', values: [] }))
  )
}
