import type { Config } from '../config/schema.ts'
import { sha256 } from '../core/digest.ts'
import { type Seconds, seconds } from '../core/time.ts'
import { refreshDelay } from '../net/refresh-delay.ts'
import { type Schedule, timerSchedule } from '../net/schedule.ts'
import type { BundleSource } from '../policy/sources/bundle-source.ts'
import type { BundleSources } from './bundle-sources.ts'
import type { Offer } from './bundles.ts'
import type { UpdateOutcome } from './update-bundle.ts'

/**
 * - `bundles`: of the configuration in use, which a reload changes. `random`: from 0 to 1; keeps instances apart.
 * - `update`: takes what a server has now, or why there is nothing.
 */
export interface FollowBundlesParts {
  readonly sources: BundleSources
  readonly bundles: () => Config['bundles']
  readonly random: () => number
  readonly update: (name: string, offer: Offer) => Promise<UpdateOutcome>
  readonly schedule?: Schedule
}

interface Follower {
  readonly source: BundleSource
  readonly end: () => void
}

/** Asks the servers of bundles again and again, each for itself. Answers the function that ends it. */
export function followBundles({
  sources,
  bundles,
  random,
  update,
  schedule = timerSchedule,
}: FollowBundlesParts): () => void {
  const followers = new Map<string, Follower>()
  let cancel = () => {}

  /** Follows what the configuration names now, and nothing else. */
  function adapt(): void {
    const named = bundles()
    for (const [name, { end }] of followers)
      if (sources.of(name, named) !== followers.get(name)?.source) {
        end()
        followers.delete(name)
      }
    for (const [name, { http, oci }] of Object.entries(named)) {
      const source = sources.of(name, named)
      if (!source || followers.has(name)) continue
      const every = seconds((http ?? oci)?.every_s ?? 60)
      const end = follow(source, { every, random, schedule, update: (offer) => update(name, offer) })
      followers.set(name, { source, end })
    }
    cancel = schedule(seconds(1), adapt)
  }

  adapt()
  return () => {
    cancel()
    for (const { end } of followers.values()) end()
  }
}

interface FollowParts {
  readonly every: Seconds
  readonly random: () => number
  readonly schedule: Schedule
  readonly update: (offer: Offer) => Promise<UpdateOutcome>
}

/** Asks one server: as often as configured while all is well, and after faults the later the more there were. */
function follow(source: BundleSource, { every, random, schedule, update }: FollowParts): () => void {
  const ending = new AbortController()
  let failures = 0
  let refused: string | undefined
  let cancel = schedule(refreshDelay(1, every, random), () => void round())

  /** A server that holds its answers is asked again at once, but no more than about once a second. */
  function nextDelay(): Seconds {
    return failures === 0 && source.waits() ? refreshDelay(1, every, random) : refreshDelay(failures, every, random)
  }

  async function round(): Promise<void> {
    const answer = await source.ask('wait', ending.signal)
    if (ending.signal.aborted) return
    failures = (await taken(answer).catch(() => false)) ? 0 : failures + 1 // it rejects where nothing can be recorded
    if (!ending.signal.aborted) cancel = schedule(nextDelay(), () => void round())
  }

  /** Whether all is well. What is refused is asked for once more, whole: it may have been a change of another bundle. */
  async function taken(answer: Awaited<ReturnType<BundleSource['ask']>>): Promise<boolean> {
    if (!answer.ok) {
      await update(answer)
      return false
    }
    if (answer.value === 'unchanged') return true
    const { outcome } = await update(answer.value)
    const before = refused
    refused = outcome === 'refused' ? sha256(answer.value) : undefined
    if (refused === undefined || refused === before) return true
    source.forget()
    return false
  }

  return () => {
    ending.abort()
    cancel()
  }
}
