import { type Seconds, seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import type { RevocationChange } from './change.ts'
import { nothingRead, type Position, type RevocationExchange } from './exchange.ts'
import type { RevocationStore } from './store.ts'

/** An instance's side of what a fleet shares. */
export interface FleetFollower {
  /** Everything that the fleet knows was read at least once. */
  loaded(): boolean
  /** Milliseconds of the monotonic clock at which what this instance knows was last known to be all. */
  confirmedAt(): number | undefined
  /** Shares a change that the store has; resolves when it is shared. */
  share(change: RevocationChange): Promise<void>
  /** The store forgot these: the fleet may, too. */
  forget(changes: readonly RevocationChange[]): void
  status(): { readonly loaded: boolean; readonly lastError?: string }
  close(): void
}

/**
 * - `every`: how long to wait between two readings, when nothing is told.
 * - `now`: monotonic milliseconds.
 * - `received`: hears of changes that came from other instances.
 */
export interface FollowerParts {
  readonly store: RevocationStore
  readonly exchange: RevocationExchange
  readonly schedule: Schedule
  readonly now: () => number
  readonly every: Seconds
  readonly received: (changes: readonly RevocationChange[]) => void
}

/** How long two readings that were told of are apart at least: whoever can publish must not keep an instance busy. */
const apart = seconds(0.01)

/**
 * How long nothing is confirmed after a beginning or a loss: what is shared may have been lost just now, and whoever
 * knows it puts it back within this time.
 */
const refill = seconds(1)

/**
 * Follows what the fleet shares: reads it again and again, at once when something is told, takes in what is new, and puts
 * back what this instance knows and the fleet lacks. Redis that lost its memory is so filled again with the union of
 * what anybody knows.
 */
export function followFleet({ store, exchange, schedule, now, every, received }: FollowerParts): FleetFollower {
  let position: Position = nothingRead
  let shared = new Set<string>() // ids that were read there
  let confirmedAt: number | undefined
  let lastError: string | undefined
  let reading = false
  let again = false
  let begunAnew = Number.NEGATIVE_INFINITY // when what is shared was read from its beginning
  let closed = false
  let began = Number.NEGATIVE_INFINITY
  let cancel = () => {}

  async function readAll(): Promise<void> {
    let read = await exchange.read(position)
    if (!read.continues || position === nothingRead) begunAnew = now()
    if (!read.continues) {
      position = nothingRead
      shared = new Set()
      read = await exchange.read(position)
      if (!read.continues) throw new Error('what is shared changed while it was read')
    }
    position = read.position
    for (const { id } of read.changes) shared.add(id)
    const fresh = read.changes.filter(({ id }) => !store.has(id))
    if (fresh.length > 0) received(fresh)
    // in force when the call returns; a slow disk must not keep what comes next, and that it refuses is in the store's status
    store.add(fresh, position.epoch).catch(() => undefined)
  }

  const missing = (): readonly RevocationChange[] => store.all().filter(({ id }) => !shared.has(id))

  async function follow(): Promise<void> {
    began = now()
    const since = began
    await readAll()
    // each change is one member here and there; more here than there, or other ones, are looked for one by one
    const left = shared.size === store.size() ? [] : missing()
    if (left.length > 0) {
      await exchange.append(left, store.epoch())
      await readAll()
    }
    if (since - begunAnew >= refill * 1_000) confirmedAt = since
    lastError = undefined
  }

  async function run(): Promise<void> {
    reading = true
    again = false
    await follow().catch((error: unknown) => {
      lastError = error instanceof Error ? error.message : 'an unknown fault'
    })
    reading = false
    if (!closed) cancel = schedule(again ? apart : every, () => void run())
  }

  function runSoon(): void {
    if (reading) again = true
    if (reading || closed) return
    cancel()
    cancel = schedule(seconds(Math.max(0, began / 1_000 + apart - now() / 1_000)), () => void run())
  }

  const unsubscribe = exchange.onAdded(runSoon)
  void run()
  return {
    loaded: () => confirmedAt !== undefined,
    confirmedAt: () => confirmedAt,
    async share(change) {
      await exchange.append([change], store.epoch())
    },
    forget(changes) {
      for (const { id } of changes) shared.delete(id)
      exchange.remove(changes).catch(() => undefined) // whoever forgets them next tries again
    },
    status: () => ({ loaded: confirmedAt !== undefined, ...(lastError !== undefined && { lastError }) }),
    close() {
      closed = true
      cancel()
      unsubscribe()
    },
  }
}
