import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../bench/contenders/free-port.ts'
import { isAllow } from '../../../pdp/core/decision.ts'
import { createRedis } from '../../../pdp/net/redis.ts'
import type { RedisSettings } from '../../../pdp/net/redis-settings.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { createAuthority, extension, general, pemOf, type TestAuthority } from '../../support/certificates.ts'
import { eventually } from '../../support/eventually.ts'
import { present, redisPassword, startInstance } from '../../support/instance.ts'
import { acceptedProof } from '../../support/proofs.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// A real Redis that speaks TLS: whom we trust, by which name, who we are to it, and what happens when certificates change.

const hour = 3_600_000
const now = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const authority = createAuthority('the authority of a redis', now)
const stranger = createAuthority('another authority', now)

interface Identity {
  readonly cert: string
  readonly key: string
}

function identityOf(by: TestAuthority, names = [general.ip(127, 0, 0, 1)]): Identity {
  const leaf = by.issue({ ...now, extensions: [extension.names(names)] })
  return { cert: pemOf(leaf), key: leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

const ca = pemOf(authority)
let folder: string
let redis: RedisServer
let port: number

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  return join(folder, name)
}

let certificates = 0

/** Gives the server another certificate, as an operator does, and ends what was opened under the one before. */
async function showAs({ cert, key }: Identity): Promise<void> {
  const n = certificates++
  const [certFile, keyFile] = [await file(`cert-${n}`, cert), await file(`key-${n}`, key)]
  expect(await redis.cli('config', 'set', 'tls-cert-file', certFile, 'tls-key-file', keyFile)).toBe('OK')
  await redis.cli('client', 'kill', 'type', 'normal', 'skipme', 'yes')
}

const askForCertificates = (setting: 'yes' | 'no') => redis.cli('config', 'set', 'tls-auth-clients', setting)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-tls-'))
  port = await freePort()
  const { cert, key } = identityOf(authority)
  const files = [await file('cert', cert), await file('key', key), await file('ca', ca)]
  const [certFile = '', keyFile = '', caFile = ''] = files
  redis = await startRedis([
    '--tls-port',
    String(port),
    '--tls-auth-clients',
    'no',
    '--tls-cert-file',
    certFile,
    '--tls-key-file',
    keyFile,
    '--tls-ca-cert-file',
    caFile,
  ])
})
afterAll(async () => {
  await redis.remove()
  await rm(folder, { recursive: true })
})

function connect(tls: NonNullable<RedisSettings['tls']>, host = '127.0.0.1', at = port) {
  const said: string[] = []
  const nodes = [{ host, port: at }] as const
  const connection = createRedis(
    { kind: 'standalone', nodes, database: 0, timeoutMs: 200, tls },
    { random: () => 0.5, say: (line) => void said.push(line) },
  )
  onTestFinished(() => connection.close())
  return { connection, said }
}

async function expectAnswered(tls: NonNullable<RedisSettings['tls']>, host?: string): Promise<void> {
  const { connection } = connect(tls, host)
  await eventually(async () => expect(await connection.get('absent')).toEqual({ ok: true, value: undefined }))
}

async function expectRefused(fault: string, tls: NonNullable<RedisSettings['tls']>, host?: string, at?: number) {
  const { connection, said } = connect(tls, host, at)
  await eventually(() => expect(connection.status()).toMatchObject({ connected: false, lastFault: fault }))
  expect(await connection.get('absent')).toEqual({ ok: false, fault: 'disconnected' })
  expect(said).toContain(`redis: ${fault}`)
  expect(said).not.toContain('redis: connected')
}

describe('whom we trust, each beside a twin that is connected to', () => {
  test('another authority, and those that Node knows', async () => {
    await expectAnswered({ ca })
    await expectRefused('certificate is not trusted; see the ca setting', { ca: pemOf(stranger) })
    await expectRefused('certificate is not trusted; see the ca setting', {})
  })

  test('another host', async () => {
    await showAs(identityOf(authority, [general.dns('localhost')]))
    await expectAnswered({ ca }, 'localhost')
    await expectRefused('certificate is for another host', { ca })
    await showAs(identityOf(authority))
    await expectAnswered({ ca })
    await expectRefused('certificate is for another host', { ca }, 'localhost')
  })

  test('a certificate that has ended', async () => {
    await expectAnswered({ ca })
    const leaf = authority.issue({
      notBefore: Date.now() - 2 * hour,
      notAfter: Date.now() - hour,
      extensions: [extension.names([general.ip(127, 0, 0, 1)])],
    })
    const key = leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    await showAs({ cert: pemOf(leaf), key })
    await expectRefused('certificate is not trusted; see the ca setting', { ca })
    await showAs(identityOf(authority))
  })

  test('a server that speaks no TLS: it waits for more, and is given up', async () => {
    await expectAnswered({ ca })
    await expectRefused('no connection to the host', { ca }, '127.0.0.1', redis.port)
  })
})

test('who we are, where the server asks: nobody, somebody of another authority', async () => {
  await askForCertificates('yes')
  onTestFinished(() => void askForCertificates('no'))
  await expectAnswered({ ca, ...identityOf(authority) })
  await expectRefused('asks for a certificate: set cert and key of fleet.tls', { ca })
  await expectRefused('does not accept the certificate of fleet.tls', { ca, ...identityOf(stranger) })
})

test('certificates of the server change: connections go on, new ones see the new one, a foreign one gets none', async () => {
  const { connection, said } = connect({ ca })
  const answers = async () => expect(await connection.get('absent')).toMatchObject({ ok: true })
  await eventually(answers)
  for (let i = 0; i < 2; i++) {
    await showAs(identityOf(authority))
    await eventually(answers)
  }
  await showAs(identityOf(stranger))
  await eventually(() =>
    expect(connection.status()).toMatchObject({
      connected: false,
      lastFault: 'certificate is not trusted; see the ca setting',
    }),
  )
  await showAs(identityOf(authority))
  await eventually(answers)
  expect(said.at(-1)).toBe('redis: connected')
})

const rego = `package orders\n\ndecision := {"allow": input.action.name == "read"}\n`

test('a fleet as it is configured: over TLS, with our certificate, as a user of its own', async () => {
  await askForCertificates('yes')
  const commands = 'get set zadd zcard zrangebyscore zrem zrevrange zscore eval evalsha info publish subscribe time'
  const rights = ['+@connection', ...commands.split(' ').map((command) => `+${command}`)]
  await redis.cli('acl', 'setuser', 'pdp', 'on', `>${redisPassword}`, '~sallyport:*', '&sallyport:*', ...rights)
  const { cert, key } = identityOf(authority)
  const tls = {
    ca: `file:${await file('ca', ca)}`,
    cert: `file:${await file('own', cert)}`,
    key: `file:${await file('own-key', key)}`,
  }
  const fleet = {
    redis: `rediss://127.0.0.1:${port}`,
    l2: 'always',
    username: 'pdp',
    password: 'env:REDIS_PASSWORD',
    tls,
  }
  const bundle = await buildTestBundle({ rego })
  const start = async () => {
    const instance = await startInstance({ bundle, fleet })
    onTestFinished(() => instance.close())
    return instance
  }
  const [a, b] = [await start(), await start()]
  expect(a.pdp.status().redis).toEqual({ connected: true, breaker: 'closed' })
  expect(await b.ask(await acceptedProof(a))).toMatchObject({ code: 'REPLAYED' })
  const ask = () => ({ headers: bearer(svid({ now: present() })) })
  await a.ask(ask())
  await eventually(async () => expect(await redis.cli('--scan', '--pattern', 'sallyport:decision:*')).not.toBe(''))
  const decision = await b.ask(ask())
  expect([isAllow(decision), decision.verdicts[0]?.evaluated?.cache]).toEqual([true, 'hit-l2'])
})

describe('what a configuration names and cannot be used ends the start, in a line that says so', () => {
  const rows: readonly (readonly [string, () => Promise<Readonly<Record<string, string>>>, RegExp])[] = [
    [
      'an authority that is not there',
      async () => ({ ca: 'file:/nowhere/ca.pem' }),
      /^fleet\.tls: \/nowhere\/ca\.pem cannot be read \(ENOENT\)$/,
    ],
    [
      'authorities that are none',
      async () => ({ ca: `file:${await file('bad', 'text')}` }),
      /^fleet\.tls\.ca: holds no certificate in PEM$/,
    ],
    [
      'an authority that is broken',
      async () => ({
        ca: `file:${await file('bad', `${ca}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`)}`,
      }),
      /^fleet\.tls\.ca: holds what is no certificate \(ERR_\w+\)$/,
    ],
    [
      'the key of another certificate',
      async () => ({
        cert: `file:${await file('one', identityOf(authority).cert)}`,
        key: `file:${await file('other', identityOf(authority).key)}`,
      }),
      /^fleet\.tls: key is not the one of cert$/,
    ],
  ]
  test.for(rows)('%s', async ([, tlsOf, line]) => {
    const bundle = await buildTestBundle({ rego })
    const start = async (tls: Readonly<Record<string, string>>) =>
      startInstance({ bundle, fleet: { redis: `rediss://127.0.0.1:${port}`, tls }, patienceMs: 0 })
    await expect(start(await tlsOf())).rejects.toThrow(line)
  })
})
