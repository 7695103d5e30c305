import { setTimeout as delay } from 'node:timers/promises'
import type { RedisServer } from '../support/redis.ts'
import type { FaultEvent } from './history.ts'
import type { FleetInstance } from './instance.ts'

/** What can be broken; each answers when it is whole again. */
type Fault = (parts: NemesisParts) => Promise<void>

export interface NemesisParts {
  readonly redis: RedisServer
  readonly instances: readonly FleetInstance[]
  /** Between 0 and 1, by a seed. */
  readonly random: () => number
}

const some = ({ random }: NemesisParts, least: number, most: number) => delay(least + random() * (most - least))
const one = ({ instances, random }: NemesisParts): FleetInstance => {
  const chosen = instances[Math.floor(random() * instances.length)]
  if (!chosen) throw new Error('no instance')
  return chosen
}

const faults: Readonly<Record<string, Fault>> = {
  async killed(parts) {
    await parts.redis.kill()
    await some(parts, 200, 1_500)
    await parts.redis.restart() // empty
  },
  async stopped(parts) {
    parts.redis.signal('SIGSTOP')
    await some(parts, 200, 3_000)
    parts.redis.signal('SIGCONT')
  },
  async flushed({ redis }) {
    await redis.cli('flushall')
  },
  async paused(parts) {
    await parts.redis.cli('client', 'pause', '800')
    await delay(900)
  },
  async 'cut off'(parts) {
    const { proxy } = one(parts)
    proxy.up(false)
    await some(parts, 200, 3_500)
    proxy.up(true)
  },
  async 'half open'(parts) {
    const { proxy } = one(parts)
    proxy.swallow(parts.random() < 0.5 ? 'both' : 'replies')
    await some(parts, 200, 3_500)
    proxy.swallow('none')
    proxy.reset()
  },
  async slow(parts) {
    const { proxy } = one(parts)
    proxy.delay(20)
    await some(parts, 300, 1_500)
    proxy.delay(0)
  },
  async 'clock stepped'(parts) {
    const instance = one(parts)
    instance.step(Math.round((parts.random() * 2 - 1) * maximumStepMs))
    await some(parts, 300, 1_500)
    instance.step(0)
  },
}

export const maximumStepMs = 1_000

/**
 * Breaks one thing after the other until told to stop, with a rest after each. One at a time: what Redis lost while
 * everybody who knew it was cut off is known to nobody, and no bound is stated for it.
 */
export async function breakThings(
  parts: NemesisParts,
  now: () => number,
  until: number,
  restMs: number,
): Promise<FaultEvent[]> {
  const events: FaultEvent[] = []
  const names = Object.keys(faults)
  for (let n = Math.floor(parts.random() * names.length); now() < until; n++) {
    const name = names[n % names.length] ?? ''
    const event: FaultEvent = { name, began: now(), ended: Number.POSITIVE_INFINITY }
    events.push(event)
    await faults[name]?.(parts)
    event.ended = now()
    await delay(restMs)
  }
  return events
}
