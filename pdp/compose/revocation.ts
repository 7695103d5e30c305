import { join } from 'node:path'
import type { DeskOutcome, RevocationDesk } from '../admin/revocations.ts'
import type { Config } from '../config/schema.ts'
import type { EventFacts, RecordEvent } from '../core/event-record.ts'
import type { Result } from '../core/result.ts'
import { ok } from '../core/result.ts'
import { type Clock, seconds } from '../core/time.ts'
import { type Schedule, timerSchedule } from '../net/schedule.ts'
import { changeJson, type RevocationChange } from '../revocation/change.ts'
import { createConfirmedView, type StalePolicy } from '../revocation/confirmed-view.ts'
import { type FleetFollower, followFleet } from '../revocation/follow-fleet.ts'
import { openJournal } from '../revocation/journal.ts'
import { createRedisExchange } from '../revocation/redis-exchange.ts'
import { createRevocations, type Outcome } from '../revocation/revocations.ts'
import { createRevocationStore } from '../revocation/store.ts'
import type { RevocationView } from '../seams.ts'
import type { FleetLink } from './fleet.ts'

/**
 * How much of what is revoked this instance knows.
 *
 * - `loaded`: everything was read at least once. `confirmed`: nothing is lacking. `stale`: what is done where it is not.
 * - `stored`: all of it is on the disk. `damaged`: files to look at.
 * - `foreign`: entries found in Redis that nobody of the fleet wrote.
 * - `ageSeconds`: since nothing was lacking; absent where that is not known.
 */
export interface RevocationStatus {
  readonly changes: number
  readonly epoch: number
  readonly loaded: boolean
  readonly confirmed: boolean
  readonly stale: 'deny' | 'allow'
  readonly stored: boolean
  readonly damaged: readonly string[]
  readonly foreign: number
  readonly ageSeconds?: number
  readonly lastError?: string
}

/** Revocation of one process. */
export interface OpenRevocation {
  readonly view: RevocationView
  readonly desk: RevocationDesk
  status(): RevocationStatus
  /** Takes over settings that may change while it runs. */
  configure(config: Config): void
  close(): Promise<void>
}

/** `fleet`: what instances share; absent, this process is all of them. */
export interface RevocationSurroundings {
  readonly clock: Clock
  readonly newId: () => string
  readonly record: RecordEvent
  readonly fleet: FleetLink | undefined
  readonly now?: () => number
  readonly schedule?: Schedule
}

const readEvery = seconds(0.25)
const firstLoadWait = seconds(0.05)
const firstLoadWaits = 60

/**
 * Opens what is revoked: from the disk, and from the fleet, which is followed from then on. Waits a little for the fleet:
 * an instance that has not read everything once lets nobody in, and says so.
 */
export async function openRevocation(config: Config, surroundings: RevocationSurroundings): Promise<OpenRevocation> {
  const { clock, newId, record, fleet, now = () => performance.now(), schedule = timerSchedule } = surroundings
  const remembers = config.audit.mode !== 'memory' // a demonstration leaves nothing behind
  const journal = remembers ? await openJournal(join(config.state, 'revocations', 'changes.log')) : undefined
  let follower: FleetFollower | undefined
  const store = createRevocationStore(clock, journal, (changes) => follower?.forget(changes))
  let foreign = 0
  const redis = fleet?.connect()
  if (fleet && redis) {
    const exchange = createRedisExchange({ ...fleet, redis, newId, foreign: (entries) => (foreign += entries) })
    const received = (changes: readonly RevocationChange[]) => {
      for (const change of changes) {
        record('revocation', factsOf(change, 'fleet')).catch(() => undefined) // in force all the same
      }
    }
    follower = followFleet({ store, exchange, schedule, now, every: readEvery, received })
  }
  for (let waits = firstLoadWaits; waits > 0 && follower && !follower.loaded(); waits--) {
    await new Promise<void>((resolve) => void schedule(firstLoadWait, resolve))
  }
  // alone, what a damaged file may have held is known to nobody, until somebody looked at it
  const isWhole = (journal?.damaged.length ?? 0) === 0
  const confirmation = follower ?? { loaded: () => true, confirmedAt: () => (isWhole ? now() : undefined) }
  let policy = policyOf(config)
  const view = createConfirmedView(store, confirmation, () => policy, clock, now)
  const revocations = createRevocations({
    store,
    follower,
    author: (by) => ({ id: newId(), at: clock(), by }),
    record: (change) => record('revocation', factsOf(change)),
  })
  return {
    view,
    desk: {
      revoke: async (body, by) => deskOutcome(await revocations.revoke(body, by)),
      lift: async (body, by) => deskOutcome(await revocations.lift(body, by)),
      list: (after, maximum) => revocations.list(after, maximum).map(changeJson),
    },
    status: () => ({
      ...store.status(),
      epoch: store.epoch(),
      loaded: confirmation.loaded(),
      confirmed: view.isConfirmed(),
      stale: policy.stale,
      foreign,
      ...ageOf(confirmation.confirmedAt(), now()),
      ...follower?.status(),
    }),
    configure(next) {
      policy = policyOf(next)
    },
    async close() {
      follower?.close()
      redis?.close()
      await store.close()
    },
  }
}

const policyOf = ({ revocation }: Config): StalePolicy => ({
  stale: revocation.stale,
  staleAfter: seconds(revocation.stale_after_s),
})

const ageOf = (confirmedAt: number | undefined, now: number) =>
  confirmedAt === undefined ? {} : { ageSeconds: Math.max(0, now - confirmedAt) / 1_000 }

const deskOutcome = (outcome: Result<Outcome>): Result<DeskOutcome> => {
  if (!outcome.ok) return outcome
  const { change, reach, stored, recorded } = outcome.value
  return ok({
    acknowledged: stored && reach === 'fleet',
    json: { change: changeJson(change), reach, stored, recorded },
  })
}

/** A change as records tell it. `from`: where it came from, if it was not made here. */
function factsOf(change: RevocationChange, from?: string): EventFacts['revocation'] {
  const { act, id, by, reason, target } = change
  const { not_before: notBefore, until } = changeJson(change)
  return {
    act: act === 'revoke' ? 'revoked' : 'restored',
    change: id,
    by: target.by,
    ...('issuer' in target && { issuer: target.issuer }),
    ...(target.by === 'fact' && { name: target.name }),
    id: target.by === 'subject-prefix' ? target.prefix : target.id,
    ...(typeof notBefore === 'string' && { not_before: notBefore }),
    ...(typeof until === 'string' && { until }),
    reason,
    operator: by,
    ...(from !== undefined && { from }),
  }
}
