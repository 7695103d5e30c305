import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { type Clock, plus, seconds } from '../../core/time.ts'
import { timerSchedule } from '../../net/schedule.ts'
import { openShippableLog } from './shippable-log.ts'
import { fileCursor } from './cursor.ts'
import { createSink } from './list.ts'
import { createMemberMask } from './mask-members.ts'
import { replaceFile } from '../replace-file.ts'
import { witnessedName } from '../tree/witnessed-name.ts'
import { collectCosignatures, type Collecting } from '../witness/collect-cosignatures.ts'
import { witnessFetch } from '../witness/witness-fetch.ts'
import { readWitnessPolicy } from '../witness/witness-policy.ts'
import { readWitnessedLog } from '../witness/witnessed-log.ts'
import type { ShipNews, ShipOrder, ShipTask, Witnessing } from './ship-messages.ts'
import { type Shipper, startShipper } from './shipper.ts'

// The thread of ship-thread.ts: reading, masking, compressing and waiting for receivers take no time from decisions.

const { folder, cursors, sinks, witnessing, now, seed }: ShipTask = workerData // ship-thread.ts alone starts this file
const tell = (news: ShipNews) => parentPort?.postMessage(news)
let told = { now, at: performance.now() }
const clock: Clock = () => plus(told.now, seconds((performance.now() - told.at) / 1_000))
let drawn = 0
const random = () => createHash('sha256').update(`${seed}\0${drawn++}`).digest().readUInt32BE() / 2 ** 32

const shippers = new Map<string, Shipper>()
for (const [name, settings] of sinks) {
  const say = (line: string) => tell({ kind: 'said', line: `${name}: ${line}` })
  shippers.set(
    name,
    startShipper({
      sink: createSink(settings, { clock, random, say }),
      cursor: fileCursor(join(cursors, `${name}.cursor`)),
      log: openShippableLog(folder),
      mask: createMemberMask(settings.mask),
      clock,
      schedule: timerSchedule,
      random,
      told: say,
    }),
  )
}

const collecting = witnessing && startWitnessing(witnessing)

function startWitnessing({ policy: file, everySeconds, ca }: Witnessing): Collecting {
  const read = readWitnessPolicy(file)
  if (!read.ok) throw new Error(`the policy of witnesses ${read.problem}`) // it could be read before
  return collectCosignatures({
    policy: read.policy,
    log: () => readWitnessedLog(folder),
    publish: (note) => replaceFile(join(folder, witnessedName), note),
    fetch: witnessFetch(read.policy, ca),
    every: seconds(everySeconds),
    clock,
    schedule: timerSchedule,
    random,
    told: (line) => tell({ kind: 'said', line }),
  })
}

const tellStatus = () =>
  tell({
    kind: 'status',
    status: Object.fromEntries([...shippers].map(([name, shipper]) => [name, shipper.status()])),
    ...(collecting && { witnessed: collecting.status() }),
  })
setInterval(tellStatus, 1_000)

parentPort?.on('message', (order: ShipOrder) => {
  if ('now' in order) {
    told = { now: order.now, at: performance.now() }
    return
  }
  const ends = [...shippers.values()].map((shipper) => shipper.close(seconds(order.end)))
  void collecting?.close() // what is under way is not waited for: another start asks again
  void Promise.all(ends).then(() => {
    tellStatus()
    tell({ kind: 'ended' })
  })
})
