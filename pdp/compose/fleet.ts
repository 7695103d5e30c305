import { readFile } from 'node:fs/promises'
import { createRedisStore } from '../cache/redis-store.ts'
import { databaseOf } from '../config/check-fleet.ts'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import { type Clock, seconds } from '../core/time.ts'
import type { Rate, TokenBuckets } from '../core/token-buckets.ts'
import { createRedisFirstUse } from '../first-use/redis-store.ts'
import { deriveKey } from '../keys/derive.ts'
import { createRedis, type Redis, type RedisParts } from '../net/redis.ts'
import { createRedisNames, type RedisNames } from '../net/redis-keys.ts'
import type { RedisNode, RedisSettings } from '../net/redis-settings.ts'
import { createSealer, type Sealer } from '../net/sealer.ts'
import { createSecondLevels, type SecondLevel } from '../policy/second-level.ts'
import type { FirstUse } from '../seams.ts'
import type { OwnSecrets, SecretSurroundings } from './own-secret.ts'
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

type FleetConfig = NonNullable<Config['fleet']>
type Environment = NonNullable<SecretSurroundings['environment']>

const firstConnectionMs = 2_000
const patientTimeoutMs = 250
const defaultPort = 6_379

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
  const settings = await settingsOf(fleet, environment)
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
  return {
    ...store,
    connect: () => connect(),
    firstUse,
    shared: createSecondLevels(answers, fleet.l2),
    sharedBuckets: rates.share,
    close() {
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

async function settingsOf(fleet: FleetConfig, environment: Environment): Promise<RedisSettings> {
  const [first, ...others] = fleet.redis.map((text) => new URL(text))
  if (!first) throw new Error('fleet.redis names no server')
  const { username, sentinel } = fleet
  const password = await secretOf(fleet.password, environment)
  const sentinelPassword = await secretOf(sentinel?.password, environment)
  return {
    kind: sentinel ? 'sentinel' : fleet.cluster ? 'cluster' : 'standalone',
    nodes: [nodeOf(first), ...others.map(nodeOf)],
    database: databaseOf(first),
    timeoutMs: fleet.timeout_ms,
    ...(sentinel && {
      sentinel: {
        name: sentinel.name,
        ...(sentinel.username !== undefined && { username: sentinel.username }),
        ...(sentinelPassword !== undefined && { password: sentinelPassword }),
      },
    }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(first.protocol === 'rediss:' && { tls: await tlsOf(fleet, environment) }),
  }
}

const nodeOf = ({ hostname, port }: URL): RedisNode => ({
  host: hostname.replace(/^\[(.*)\]$/, '$1'),
  port: port === '' ? defaultPort : Number(port),
})

async function tlsOf({ tls }: FleetConfig, environment: Environment): Promise<NonNullable<RedisSettings['tls']>> {
  if (tls === undefined || tls === 'off') return {}
  const [ca, cert, key] = await Promise.all([
    tls.ca === undefined ? undefined : readPem(tls.ca),
    tls.cert === undefined ? undefined : readPem(tls.cert),
    secretOf(tls.key, environment),
  ])
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) }
}

async function readPem(reference: string): Promise<string> {
  const path = reference.slice('file:'.length)
  return readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`fleet.tls: ${path} cannot be read (${code})`)
  })
}

/** A secret without the end of its line; undefined where none is configured. */
const secretOf = async (reference: string | undefined, environment: Environment): Promise<string | undefined> =>
  reference === undefined ? undefined : (await readSecret(reference, environment)).trim()
