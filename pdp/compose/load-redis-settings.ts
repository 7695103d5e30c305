import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { databaseOf } from '../config/check-fleet.ts'
import { readSecret } from '../config/read-secret.ts'
import type { Config } from '../config/schema.ts'
import type { RedisNode, RedisSettings } from '../net/redis-settings.ts'
import type { SecretSurroundings } from './own-secret.ts'

type FleetConfig = NonNullable<Config['fleet']>
type Environment = NonNullable<SecretSurroundings['environment']>

const defaultPort = 6_379

/**
 * Where the Redis of a fleet is and how it is spoken to, with what stands in files and the environment. Throws, for the
 * operator, what cannot be read or used.
 */
export async function loadRedisSettings(fleet: FleetConfig, environment: Environment): Promise<RedisSettings> {
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
  if (ca !== undefined) requireAuthorities(ca)
  if (cert !== undefined && key !== undefined) requirePair(cert, key)
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) }
}

function requirePair(cert: string, key: string): void {
  let together: boolean
  try {
    together = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch (error) {
    throw new Error(`fleet.tls: cert or key is none in PEM (${codeOf(error)})`)
  }
  if (!together) throw new Error('fleet.tls: key is not the one of cert')
}

/** What is no certificate OpenSSL passes over, and then nobody is trusted: that is told at the start, not by every connection. */
function requireAuthorities(ca: string): void {
  const found = ca.match(pemCertificate) ?? []
  if (found.length === 0) throw new Error('fleet.tls.ca: holds no certificate in PEM')
  for (const pem of found) {
    try {
      new X509Certificate(pem)
    } catch (error) {
      throw new Error(`fleet.tls.ca: holds what is no certificate (${codeOf(error)})`)
    }
  }
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

async function readPem(reference: string): Promise<string> {
  const path = reference.slice('file:'.length)
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`fleet.tls: ${path} cannot be read (${codeOf(error)})`)
  })
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'

/** A secret without the end of its line; undefined where none is configured. */
const secretOf = async (reference: string | undefined, environment: Environment): Promise<string | undefined> =>
  reference === undefined ? undefined : (await readSecret(reference, environment)).trim()
