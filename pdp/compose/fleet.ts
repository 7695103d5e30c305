import { readFile } from 'node:fs/promises'
import { databaseOf } from '../config/check-fleet.ts'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import { deriveKey } from '../keys/derive.ts'
import { createRedis, type Redis, type RedisParts } from '../net/redis.ts'
import { createRedisNames, type RedisNames } from '../net/redis-keys.ts'
import type { RedisNode, RedisSettings } from '../net/redis-settings.ts'
import { createSealer, type Sealer } from '../net/sealer.ts'
import type { OwnSecrets, SecretSurroundings } from './own-secret.ts'

/** What instances share: the connection, the names of what stands there, and what makes it ours. */
export interface Fleet {
  readonly redis: Redis
  readonly names: RedisNames
  readonly sealer: Sealer
}

type FleetConfig = NonNullable<Config['fleet']>
type Environment = NonNullable<SecretSurroundings['environment']>

const firstConnectionMs = 2_000
const defaultPort = 6_379

/**
 * Connects to the Redis of a fleet; undefined without one. Waits a little for it to be there, and goes on without: an
 * instance that cannot reach Redis still decides. Throws, for the operator, where a file or secret is missing.
 */
export async function openFleet(
  { fleet }: Config,
  [secret, ...before]: OwnSecrets,
  environment: Environment = {},
  parts: RedisParts,
): Promise<Fleet | undefined> {
  if (!fleet) return undefined
  const redis = createRedis(await settingsOf(fleet, environment), parts)
  await redis.settled(firstConnectionMs)
  return {
    redis,
    names: createRedisNames(fleet.prefix),
    sealer: createSealer([deriveKey(secret, 'redis/v1'), ...before.map((one) => deriveKey(one, 'redis/v1'))]),
  }
}

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
