import { between, type Clock, type Instant, type Seconds, seconds } from '../../core/time.ts'
import type { Schedule } from '../../net/schedule.ts'
import type { ShippedRecord, Sink } from '../../seams.ts'
import type { ReadBounds, StoredRecord } from '../read-records.ts'
import type { Cursor, CursorPlace } from './cursor.ts'

/** What there is to ship: records below `size`, of the log `origin`, all under the newest checkpoint `note`. */
export interface ShippableLog {
  readonly origin: string
  readonly size: number
  readonly note: string
  read(from: number, bounds: ReadBounds): readonly StoredRecord[]
}

/**
 * - `log`: asked each time; undefined while there is no checkpoint. `mask`: see `mask-members.ts`.
 * - `told`: hears when deliveries begin to fail, and why, and when they succeed again. Must not throw.
 */
export interface ShipperOptions {
  readonly sink: Sink
  readonly cursor: Cursor
  readonly log: () => ShippableLog | undefined
  readonly mask: (line: string) => string
  readonly clock: Clock
  readonly schedule: Schedule
  readonly random: () => number
  readonly told: (line: string) => void
}

/**
 * How a sink is: all records before `next` were delivered.
 *
 * - `behindSeconds`: for how long there has been something that it does not have; 0 where it has all.
 * - `delivered`, `errors`: records that it took, and attempts that failed, since this process began. `deliveredAt`: the last time.
 * - `problem`: why it does not go on.
 */
export interface ShipperStatus {
  readonly next: number
  readonly size: number
  readonly behindSeconds: number
  readonly delivered: number
  readonly errors: number
  readonly deliveredAt?: Instant
  readonly problem?: string
}

export interface Shipper {
  status(): ShipperStatus
  /** Delivers what there is now, if it can without a delay, and ends: within `limit`. */
  close(limit: Seconds): Promise<void>
}

const bounds: ReadBounds = { records: 512, bytes: 1024 * 1024 }
const pollEvery = seconds(0.5)
const deliveryLimit = seconds(60)
const firstDelay = 0.5
const longestDelay = 60

/**
 * Ships a log to one sink: in order, a batch at a time, each at least once. Only records under a checkpoint go: they are on
 * the device, so no log begins again with numbers that a receiver has, and each can be proved. The place is saved after
 * the receiver has a batch; a crash in between delivers that batch again. While it fails, it waits twice as long each
 * time, up to a minute, with jitter; nothing is read meanwhile, and nothing is skipped.
 */
export function startShipper({ sink, cursor, log, mask, clock, schedule, random, told }: ShipperOptions): Shipper {
  let place: CursorPlace | undefined
  let status: Pick<ShipperStatus, 'next' | 'size' | 'problem'> = { next: 0, size: 0 }
  let [delivered, errors] = [0, 0]
  let deliveredAt: Instant | undefined
  let behindSince: Instant | undefined
  let failures = 0
  let closing = false
  let wake: (() => void) | undefined
  let inFlight: AbortController | undefined

  /** Ships one batch; false if there is none. */
  async function step(): Promise<boolean> {
    const source = log()
    if (!source) return false
    const { origin, size } = source
    place ??= cursor.load()
    if (place?.origin !== origin) place = { origin, next: 0 } // another log has other records
    const { next } = place
    status = { ...status, next, size }
    behindSince = next < size ? (behindSince ?? clock()) : undefined
    if (next > size) throw new Error(`the log ends before record ${next}, which was delivered: verify it`)
    const found = source.read(next, bounds).filter(({ seq }) => seq < size)
    const [first, ...rest] = found.map(({ seq, line }): ShippedRecord => ({ seq, line: mask(line) }))
    if (!first) return false
    if (first.seq > next) told(`records ${next} to ${first.seq - 1} were pruned before they were delivered`)
    inFlight = new AbortController()
    const { signal } = inFlight
    const limit = schedule(deliveryLimit, () => inFlight?.abort())
    try {
      await untilAborted(sink.deliver({ origin, records: [first, ...rest], checkpoint: source.note }, signal), signal)
    } finally {
      limit()
      inFlight = undefined
    }
    const after = { origin, next: (rest.at(-1) ?? first).seq + 1 }
    cursor.save(after)
    place = after
    status = { next: after.next, size }
    delivered += 1 + rest.length
    deliveredAt = clock()
    if (after.next >= size) behindSince = undefined
    return true
  }

  async function run(): Promise<void> {
    for (;;) {
      try {
        const shipped = await step()
        if (failures > 0 && shipped) told('delivers again')
        if (shipped) failures = 0
        if (failures > 0 && !shipped) failures = 0
        if (closing && !shipped) return
        if (!shipped) await pause(pollEvery)
      } catch (error) {
        const problem = error instanceof Error ? error.message : 'an unknown fault'
        status = { ...status, problem }
        errors++
        if (failures === 0) told(`cannot deliver: ${problem}`)
        if (closing) return
        await pause(seconds(Math.min(longestDelay, firstDelay * 2 ** failures++) * (0.5 + random() / 2)))
      }
    }
  }

  function pause(length: Seconds): Promise<void> {
    return new Promise((resolve) => {
      if (closing) return resolve()
      const cancel = schedule(length, resolve)
      wake = () => {
        cancel()
        resolve()
      }
    })
  }

  const running = run()
  return {
    status: () => ({
      ...status,
      behindSeconds: behindSince === undefined ? 0 : Math.max(0, between(behindSince, clock())),
      delivered,
      errors,
      ...(deliveredAt !== undefined && { deliveredAt }),
    }),
    async close(limit) {
      closing = true
      wake?.()
      const cancel = schedule(limit, () => inFlight?.abort())
      await running
      cancel()
      await sink.close().catch(() => undefined)
    },
  }
}

/** The promise, or a rejection once the signal says so: a sink that does not listen to it is left behind. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('not delivered in time'))
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
