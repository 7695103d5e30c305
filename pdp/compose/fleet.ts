import { createRedisStore } from '../cache/redis-store.ts'
import type { Config } from '../config/schema.ts'
import { type Clock, seconds } from '../core/time.ts'
import type { Rate, TokenBuckets } from '../core/token-buckets.ts'
import { createRedisFirstUse } from '../first-use/redis-store.ts'
import { deriveKey } from '../keys/derive.ts'
import { createRedis, type Redis, type RedisParts } from '../net/redis.ts'
import { createRedisNames, type RedisNames } from '../net/redis-keys.ts'
import { createSealer, type Sealer } from '../net/sealer.ts'
import { createSecondLevels, type SecondLevel } from '../policy/second-level.ts'
import type { FirstUse } from '../seams.ts'
import type { SharedDocument } from '../trust/shared-document.ts'
import { loadRedisSettings } from './load-redis-settings.ts'
import type { OwnSecrets, SecretSurroundings } from './own-secret.ts'
import { shareClients } from './share-clients.ts'
import { createSharedRates, type RateKind } from './share-rates.ts'

/**
 * How instances reach each other: the names of what stands in Redis, what makes it ours, and a new connection for what no
 * decision waits for. It is more patient than the one of decisions, and what happens to that one does not hold it back.
 */
export interface FleetLink {
  readonly connect: () => Redis
  readonly names: RedisNames
  readonly sealer: Sealer
}

/** The link, and the stores over the connection of decisions. */
export interface Fleet extends FleetLink {
  readonly redis: Redis
  readonly firstUse: FirstUse
  /** A second level of the cache, for each policy. */
  readonly shared: () => SecondLevel
  /** Buckets of tokens that all instances take from. */
  readonly sharedBuckets: (kind: RateKind, rate: Rate) => TokenBuckets
  /** The registry of clients. */
  readonly clients: SharedDocument
  close(): void
}

export interface FleetSurroundings {
  readonly clock: Clock
  readonly random: () => number
  readonly randomBytes: (length: number) => Uint8Array
  readonly environment?: Environment
  readonly events?: Partial<FleetEvents>
}

/** What happens between this instance and Redis. Each must return at once and never throw. */
export interface FleetEvents {
  /** One line for the operator: connected, or why not. */
  readonly redisSaid: (line: string) => void
  readonly redisAsked: (command: string, outcome: string) => void
  /** What stands in Redis is not what instances wrote there, or may not be kept. */
  readonly redisAlarm: (what: 'decision' | 'use', why: 'forged' | 'ended' | 'evicting') => void
}

type Environment = NonNullable<SecretSurroundings['environment']>

const firstConnectionMs = 2_000
const patientTimeoutMs = 250

/**
 * Connects to the Redis of a fleet; undefined without one. Waits a little for it to be there, and goes on without: an
 * instance that cannot reach Redis still decides. Throws, for the operator, where a file or secret is missing.
 */
export async function openFleet(
  { fleet, limits }: Config,
  [secret, ...before]: OwnSecrets,
  { clock, random, randomBytes, environment = {}, events }: FleetSurroundings,
): Promise<Fleet | undefined> {
  if (!fleet) return undefined
  const settings = await loadRedisSettings(fleet, environment)
  const redis: Redis = createRedis(settings, {
    random,
    connected: () => void firstUse.begin(clock()),
    ...(events?.redisSaid && { say: events.redisSaid }),
    ...(events?.redisAsked && { asked: events.redisAsked }),
  })
  const names = createRedisNames(fleet.prefix)
  const sealer = createSealer([deriveKey(secret, 'redis/v1'), ...before.map((one) => deriveKey(one, 'redis/v1'))])
  const store = { redis, names, sealer }
  const alarm = events?.redisAlarm
  const firstUse = createRedisFirstUse({
    ...store,
    leeway: seconds(limits.proof_skew_s),
    randomBytes,
    ...(alarm && { alarm: (why) => alarm('use', why) }),
  })
  const answers = createRedisStore({ ...store, clock, ...(alarm && { alarm: (why) => alarm('decision', why) }) })
  await redis.settled(firstConnectionMs)
  const connect = (parts: Partial<RedisParts> = {}) =>
    createRedis({ ...settings, timeoutMs: patientTimeoutMs }, { random, ...parts })
  const rates = openRates(connect, names, events)
  const clients = shareClients(() => connect(), names.clients, sealer)
  return {
    ...store,
    connect: () => connect(),
    firstUse,
    shared: createSecondLevels(answers, fleet.l2),
    sharedBuckets: rates.share,
    clients: clients.document,
    close() {
      clients.close()
      rates.close()
      redis.close()
    },
  }
}

/** Rates of the fleet, over a connection that is made when there is the first. */
function openRates(connect: (parts: Partial<RedisParts>) => Redis, names: RedisNames, events?: Partial<FleetEvents>) {
  let redis: Redis | undefined
  let counted = true
  function told(now: boolean): void {
    if (now !== counted) events?.redisSaid?.(now ? 'redis: rates are shared again' : `redis: ${ratesAlone}`)
    counted = now
  }
  const asked = (_: string, outcome: string) => events?.redisAsked?.('rates', outcome)
  return {
    share(kind: RateKind, rate: Rate): TokenBuckets {
      redis ??= connect({ asked })
      return createSharedRates({ redis, names, told })(kind, rate)
    },
    close: () => redis?.close(),
  }
}

const ratesAlone = 'rates are not shared now: each instance counts for itself'
