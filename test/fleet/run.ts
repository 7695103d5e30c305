import { setTimeout as delay } from 'node:timers/promises'
import { instant } from '../../pdp/core/time.ts'
import { startRedis } from '../support/redis.ts'
import { bearer, boundToken, dpop, dpopProof, svid } from '../support/world.ts'
import { type AskEvent, type Bounds, check, type RevocationEvent, type Verdict } from './history.ts'
import { fleetBundle, type FleetInstance, staleAfter, startFleetInstance } from './instance.ts'
import { breakThings, maximumStepMs } from './nemesis.ts'
import type { Plant } from './plants.ts'

export interface FleetRun {
  readonly seconds: number
  readonly seed: number
  readonly plant?: () => Plant
  /** Whether things are broken; without, an error of a planted fault is found sooner. */
  readonly faults: boolean
}

export interface FleetReport extends Verdict {
  readonly asks: number
  readonly revocations: number
  readonly faults: readonly string[]
  readonly codes: Readonly<Record<string, number>>
}

const bounds: Bounds = {
  healthyMs: 1_000,
  brokenMs: staleAfter * 1_000 + 300,
  settleMs: 4_000, // a connection that was lost is tried again for up to 3 s
  lateMs: 1_000 + 2 * maximumStepMs + 1_000,
}

const clients = 4
const restMs = 4_500

/** Runs three instances over one Redis, asks and revokes at random, breaks things, and checks what was seen. */
export async function runFleet({ seconds, seed, plant = () => ({}), faults }: FleetRun): Promise<FleetReport> {
  const random = createRandom(seed)
  await fleetBundle()
  const redis = await startRedis()
  const planted = plant()
  const instances = await Promise.all([1, 2, 3].map(() => startFleetInstance(redis.port, planted)))
  const asks: AskEvent[] = []
  const revocations: RevocationEvent[] = []
  const now = () => performance.now()
  const until = now() + seconds * 1_000
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T // never of an empty list
  const at = () => Math.floor(random() * instances.length)
  let subjects = 0

  async function ask(index: number, given: Pick<AskEvent, 'subject' | 'action' | 'until' | 'proof'>, headers: Headers) {
    const began = now()
    const { action } = given
    const properties = given.until === undefined ? {} : { until_ms: Math.round(Date.now() + given.until - began) }
    const resource = { type: 'order', id: '42', properties }
    const { code } = await (instances[index] as FleetInstance).ask({
      headers,
      questions: [{ action: { name: action }, resource }],
    })
    asks.push({ instance: index, began, ended: now(), code, ...given })
  }

  const tokenOf = (subject: string): Headers =>
    bearer(svid({ now: instant(Date.now()), claims: { sub: subject, exp: Math.trunc(Date.now() / 1_000) + 600 } }))

  /** Asks about a subject from before it is revoked until long after, everywhere. */
  async function revokeOne(): Promise<void> {
    const subject = `spiffe://prod.example/ns/shop/sa/w${++subjects}`
    const headers = tokenOf(subject)
    const askAll = () => Promise.all(instances.map((_, i) => ask(i, { subject, action: 'read' }, headers)))
    await askAll()
    const index = at()
    const called = now()
    const revoking = (instances[index] as FleetInstance).revoke(subject)
    const racing = askAll()
    const isAcknowledged = await revoking
    const event: RevocationEvent = { subject, instance: index, called, ...(isAcknowledged && { acknowledged: now() }) }
    revocations.push(event)
    await Promise.all([racing, askAll()])
    for (const pause of [50, 300, 700, 1_400, 1_000]) {
      await delay(pause)
      await askAll()
    }
    if (random() < 0.3) {
      event.lifted = now()
      await (instances[at()] as FleetInstance).lift(subject)
      await askAll()
    }
  }

  async function replayOne(): Promise<void> {
    const token = boundToken({ now: instant(Date.now()), claims: { jti: `t${++subjects}` } })
    const headers = dpop(token, dpopProof(token, { now: instant(Date.now()) }))
    const given = { subject: 'client', action: 'read', proof: `p${subjects}` } as const
    await Promise.all([at(), at(), at()].map((index) => ask(index, given, headers)))
    await ask(at(), given, headers)
  }

  const shared = tokenOf('spiffe://prod.example/ns/shop/sa/shared')
  const deadlines = Array.from({ length: 40 }, (_, i) => now() - 4_000 + i * 500)

  async function askOne(): Promise<void> {
    const action = pick(['read', 'write', 'timed'] as const)
    const given = { subject: 'shared', action, ...(action === 'timed' && { until: pick(deadlines) }) }
    await ask(at(), given, shared)
  }

  async function client(): Promise<void> {
    const late: Promise<void>[] = []
    while (now() < until) {
      const dice = random()
      if (dice < 0.12) late.push(revokeOne())
      else if (dice < 0.2) await replayOne()
      else await askOne()
      await delay(random() * 12)
    }
    await Promise.all(late)
  }

  try {
    const breaking = faults ? breakThings({ redis, instances, random }, now, until, restMs) : Promise.resolve([])
    await Promise.all(Array.from({ length: clients }, client))
    const events = await breaking
    const verdict = check({ asks, revocations, faults: events }, bounds)
    const codes: Record<string, number> = {}
    for (const { code } of asks) codes[code] = (codes[code] ?? 0) + 1
    return {
      ...verdict,
      asks: asks.length,
      revocations: revocations.length,
      faults: events.map(({ name }) => name),
      codes,
    }
  } finally {
    for (const instance of instances) await instance.close()
    await redis.remove()
  }
}

type Headers = Readonly<Record<string, string | readonly string[]>>

/** Numbers between 0 and 1 that follow from a seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
