import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contender, Running } from './contenders/contender.ts'
import { lineUp, titleOf } from './line-up.ts'
import { checkAnswers } from './measure/check-answers.ts'
import { coresUsed, moveToLoadCore } from './measure/cores.ts'
import { measureRound } from './measure/measure-round.ts'
import { verificationTime } from './measure/verification-time.ts'
import { type Figure, rowsOf, tableOf, verification } from './rows.ts'
import type { Work } from './works.ts'

/**
 * How much is measured. `warmUp` and `milliseconds` are lengths of rounds; the first round is not counted, since a
 * just-in-time compiler needs some thousand requests. `different`: how many tokens or proofs a round has at most.
 */
interface Size {
  readonly rounds: number
  readonly warmUp: number
  readonly milliseconds: number
  readonly different: number
  readonly verifications: number
}

const whole: Size = { rounds: 9, warmUp: 5_000, milliseconds: 2_000, different: 20_000, verifications: 20_000 }
const quickly: Size = { rounds: 3, warmUp: 1_500, milliseconds: 700, different: 5_000, verifications: 5_000 }
const connections = 64

/** A contender that runs, and how many decisions it made. */
interface Entry {
  readonly contender: Contender
  readonly running: Running
  decisions: number
}

/**
 * Measures the works on the shipped server beside its peers, in interleaved rounds, and prints the medians. Throws where an
 * answer was wrong or the log of ours is not complete.
 */
export async function measureSideBySide(works: readonly Work[], { quick, json }: Record<'quick' | 'json', boolean>) {
  const size = quick ? quickly : whole
  const loadBefore = loadavg()[0]?.toFixed(1)
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  const contenders = lineUp(folder)
  const entries: Entry[] = []
  const figures: Figure[] = []
  try {
    for (const contender of contenders) entries.push({ contender, running: await contender.start(), decisions: 0 })
    moveToLoadCore()
    for (const entry of entries) entry.decisions += await checkAnswers(entry.contender, entry.running)
    console.log(`${size.rounds} rounds of up to ${size.milliseconds} ms, ${connections} connections; ${coresUsed}`)
    console.log(`load average before: ${loadBefore}; what others do on these cores makes every figure worse`)
    await playRound(works, entries, { ...size, milliseconds: size.warmUp })
    for (let round = 0; round < size.rounds; round++) figures.push(...(await playRound(works, entries, size)))
    for (const { running } of entries) await running.stop()
    console.log(await checkRecords(entries))
  } finally {
    for (const { running } of entries) await running.stop()
    await rm(folder, { recursive: true })
  }
  const rows = rowsOf(works, titleOf(contenders[0]), figures)
  console.log(
    `CPU µs per request, all threads, user and system; ours is ${titleOf(contenders[0])}\n\n${tableOf(rows)}\n`,
  )
  if (json) console.log(JSON.stringify({ rows }))
}

/** Each work once on each contender that does it. */
async function playRound(works: readonly Work[], entries: readonly Entry[], size: Size): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const work of works) {
    const presented = work.prepare(size.different)
    for (const entry of entries.filter(({ contender }) => contender.readsProofs || !work.proofs)) {
      const door = entry.running.doors[work.transport]
      if (!door) continue
      const { requests, perRequest } = await measureRound(entry.running, door, {
        requests: presented.map((each) => door.request(work.topic, each)),
        repeats: work.repeats,
        milliseconds: size.milliseconds,
        connections,
      })
      entry.decisions += requests
      figures.push({ work: work.title, of: titleOf(entry.contender), us: perRequest })
    }
  }
  if (!works.some(({ signatures }) => signatures)) return figures
  return [...figures, { work: undefined, of: verification, us: await verificationTime(size.verifications) }]
}

/** What the logs hold. Every decision of ours has its record, or the benchmark measured something else. */
async function checkRecords(entries: readonly Entry[]): Promise<string> {
  const lines: string[] = []
  for (const [i, { contender, running, decisions }] of entries.entries()) {
    const records = await running.countRecords()
    if (records !== undefined) lines.push(`${titleOf(contender)}: ${decisions} decisions, ${records} records`)
    if (i === 0 && records !== decisions) throw new Error(lines.at(-1))
  }
  return lines.join('\n')
}
