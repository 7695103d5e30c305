import type { Config } from '../../config/schema.ts'
import type { Log } from '../../telemetry/log.ts'
import type { Urls } from '../start.ts'
import { workerConfig } from './worker-config.ts'
import type { WorkerHandle } from './worker-handle.ts'

/** The workers of a process. One that ends is started again, after 0.5, 1, 2, … s, at most 30. */
export interface Supervisor {
  /** Starts the first, then the others. Rejects, for the operator, where one cannot be started; then none is left. */
  start(config: Config): Promise<Urls>
  /** Each worker by its number from 1; undefined while it is not there. */
  workers(): readonly (WorkerHandle | undefined)[]
  restarts(): number
  /** What workers that are started again are to serve. */
  configure(config: Config): void
  /** Drains all of them. Answers whether each ended cleanly; one that takes longer than `patienceMs` is killed. */
  close(patienceMs: number): Promise<boolean>
}

export interface SuperviseParts {
  readonly count: number
  readonly fork: () => WorkerHandle
  readonly umask: number
  readonly log: Log
}

interface Slot {
  readonly number: number
  /** Forked, and serving once `since` is set: on the clock of `performance`. */
  handle?: WorkerHandle
  since?: number
  failures: number
}

const shortestMs = 500
const longestMs = 30_000
/** Whoever served for so long did not fail because of what it is. */
const steadyMs = 60_000

export function supervise({ count, fork, umask, log }: SuperviseParts): Supervisor {
  const slots = Array.from({ length: count }, (_, i): Slot => ({ number: i + 1, failures: 0 }))
  const timers = new Set<NodeJS.Timeout>()
  let config: Config | undefined
  let restarts = 0
  let begun = false // until then the end of one is the end of all
  let stopping = false

  async function begin(slot: Slot): Promise<Urls> {
    if (!config) throw new Error('workers have no configuration')
    const { number } = slot
    const handle = fork()
    slot.handle = handle
    void handle.ended.then((how) => ended(slot, how))
    const urls = await handle.call('start', { number, config: workerConfig(config, number), umask })
    slot.since = performance.now()
    return urls
  }

  function ended(slot: Slot, how: number | string): void {
    const steady = slot.since !== undefined && performance.now() - slot.since > steadyMs
    delete slot.handle
    delete slot.since
    if (stopping || !begun) return
    slot.failures = steady ? 1 : slot.failures + 1
    const wait = Math.min(longestMs, shortestMs * 2 ** (slot.failures - 1))
    log.tell('worker.ended', `worker ${slot.number} ended (${how}): started again in ${wait / 1_000} s`)
    const timer = setTimeout(() => {
      timers.delete(timer)
      restarts++
      begin(slot).then(
        () => log.tell('worker.serving', `worker ${slot.number} serves again`),
        (error: unknown) => log.tell('worker.failed', `worker ${slot.number}: ${messageOf(error)}`), // and its end is heard of
      )
    }, wait)
    timers.add(timer)
  }

  async function close(patienceMs: number): Promise<boolean> {
    stopping = true
    for (const timer of timers) clearTimeout(timer)
    const ends = slots.map(async ({ handle }) => {
      if (!handle) return true
      const timer = setTimeout(handle.kill, patienceMs)
      const closed = await handle.call('close').catch(() => false)
      if (!closed) handle.kill()
      await handle.ended
      clearTimeout(timer)
      return closed
    })
    return (await Promise.all(ends)).every(Boolean)
  }

  return {
    async start(given) {
      config = given
      try {
        const [first, ...others] = slots
        if (!first) throw new Error('there are no workers')
        const urls = await begin(first)
        await Promise.all(others.map(begin))
        begun = true
        return urls
      } catch (error) {
        await close(longestMs)
        throw error
      }
    },
    workers: () => slots.map(({ handle, since }) => (since === undefined ? undefined : handle)),
    restarts: () => restarts,
    configure(next) {
      config = next
    },
    close,
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'an unknown fault')
