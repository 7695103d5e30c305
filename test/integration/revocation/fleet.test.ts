import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openRevocation, type OpenRevocation } from '../../../pdp/compose/revocation.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { createRedisNames } from '../../../pdp/net/redis-keys.ts'
import { createSealer } from '../../../pdp/net/sealer.ts'
import type { RevocationKey } from '../../../pdp/seams.ts'
import { base } from '../../unit/config/base.ts'
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts'
import { connectRedis, type RedisServer, startRedis } from '../../support/redis.ts'

// Instances of one fleet over a real Redis, each behind a proxy of its own.

const names = createRedisNames('test:')
const secret = (text: string) => createHash('sha256').update(text).digest()

interface Instance {
  readonly open: OpenRevocation
  readonly proxy: FaultProxy
  readonly recorded: string[]
  readonly folder: string
  find(id: string): string
  revoke(id: string): Promise<boolean>
  close(): Promise<void>
}

let server: RedisServer
let instances: Instance[] = []
let folders: string[] = []
beforeEach(async () => {
  server = await startRedis()
})
afterEach(async () => {
  for (const one of instances) await one.close()
  instances = []
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
  folders = []
  await server.remove()
})

interface InstanceOptions {
  readonly folder?: string
  readonly secrets?: readonly [string, ...string[]]
  readonly port?: number
}

async function instanceOf({ folder, secrets = ['s'], port = server.port }: InstanceOptions = {}): Promise<Instance> {
  const state = folder ?? (await mkdtemp(join(tmpdir(), 'sallyport-revocation-')))
  folders.push(state)
  const config = parseConfig({ ...base(), state, revocation: { stale_after_s: 2 } })
  if (!config.ok) throw new Error(JSON.stringify(config.problems))
  const proxy = await startFaultProxy(port)
  const redis = await connectRedis(proxy.port)
  const [first, ...others] = secrets.map(secret)
  const recorded: string[] = []
  const open = await openRevocation(config.value, {
    clock: () => instant(Date.now()),
    newId: randomUUID,
    record: async (_, facts) => recorded.push(JSON.stringify(facts)),
    fleet: { connect: () => redis, names, sealer: createSealer([first ?? secret(''), ...others]) },
  })
  const keyOf = (id: string): RevocationKey => ({ by: 'jti', issuer: 'https://issuer.example', id })
  const instance: Instance = {
    open,
    proxy,
    recorded,
    folder: state,
    find(id) {
      const found = open.view.find([keyOf(id)])
      return typeof found === 'string' ? found : 'revoked'
    },
    async revoke(id) {
      const outcome = await open.desk.revoke({ target: { ...keyOf(id) }, reason: 'test' }, 'alice')
      if (!outcome.ok) throw new Error(outcome.detail)
      return outcome.value.acknowledged
    },
    async close() {
      await open.close()
      redis.close()
      await proxy.close()
    },
  }
  instances.push(instance)
  return instance
}

const loaded = (one: Instance) => expect.poll(() => one.open.status().confirmed, { timeout: 8_000 }).toBe(true)
const three = async () => {
  const all = await Promise.all([instanceOf(), instanceOf(), instanceOf()])
  await Promise.all(all.map(loaded))
  return all
}
const everywhere = (all: readonly Instance[], id: string, timeout = 1_000) =>
  expect.poll(() => all.map((one) => one.find(id)), { timeout, interval: 5 }).toEqual(all.map(() => 'revoked'))

test('what one acknowledges every instance refuses: told within milliseconds', async () => {
  const [a, b, c] = await three()
  const delays: number[] = []
  for (let n = 0; n < 50; n++) {
    expect(await a.revoke(`${n}`)).toBe(true)
    const began = performance.now()
    await expect
      .poll(() => [b.find(`${n}`), c.find(`${n}`)], { timeout: 1_000, interval: 1 })
      .toEqual(['revoked', 'revoked'])
    delays.push(performance.now() - began)
  }
  console.log(`revoked on others after ${Math.max(...delays).toFixed(1)} ms at most`)
  expect(b.recorded).toHaveLength(50)
  expect(b.recorded[0]).toContain('"from":"fleet"')
})

test('lifted on one is lifted on all; the audit log of each tells of it', async () => {
  const [a, b, c] = await three()
  await a.revoke('1')
  await everywhere([b, c], '1')
  await b.open.desk.lift({ target: { by: 'jti', issuer: 'https://issuer.example', id: '1' }, reason: 'new key' }, 'bob')
  await expect.poll(() => [a, b, c].map((one) => one.find('1')), { timeout: 1_000 }).toEqual(Array(3).fill('clear'))
  for (const one of [a, b, c]) expect(one.recorded.at(-1)).toContain('"act":"restored"')
})

describe('Redis loses everything', () => {
  test.for<readonly [string, () => Promise<unknown>]>([
    ['FLUSHALL', () => server.cli('flushall')],
    ['the last write', () => server.cli('zremrangebyrank', names.revocations, '-1', '-1')],
    ['DEL', () => server.cli('del', names.revocations)],
    [
      'restarted empty',
      async () => {
        await server.kill()
        await server.restart()
      },
    ],
  ])('%s: refilled from what instances know, also from the disk of one that starts later', async ([, lose]) => {
    const [a, b, c] = await three()
    await a.revoke('1')
    await everywhere([b, c], '1')
    const away = c.folder
    await c.close()
    instances = instances.filter((one) => one !== c)
    await lose()
    await expect.poll(async () => Number(await server.cli('zcard', names.revocations)), { timeout: 8_000 }).toBe(2)
    const fresh = await instanceOf()
    await loaded(fresh)
    await everywhere([a, b, fresh], '1')
    for (const one of instances) await one.close()
    instances = []
    await lose()
    const last = await instanceOf({ folder: away }) // all that is left is on one disk
    await loaded(last)
    expect(last.find('1')).toBe('revoked')
    await expect.poll(async () => Number(await server.cli('zcard', names.revocations)), { timeout: 8_000 }).toBe(2)
  })
})

describe('Redis cannot be reached', () => {
  test.for<readonly [string, (one: Instance) => void, (one: Instance) => void]>([
    ['cut off', (one) => one.proxy.up(false), (one) => one.proxy.up(true)],
    ['half open', (one) => one.proxy.swallow('both'), (one) => one.proxy.swallow('none')],
    ['replies lost', (one) => one.proxy.swallow('replies'), (one) => one.proxy.swallow('none')],
  ])('%s: nobody is let in after 2 s; what was revoked meanwhile is known when it is back', async ([, cut, mend]) => {
    const [a, b, c] = await three()
    cut(b)
    expect(await a.revoke('1')).toBe(true)
    const acknowledged = performance.now()
    await everywhere([a, c], '1')
    await expect.poll(() => b.find('1'), { timeout: 4_000, interval: 10 }).toBe('unconfirmed')
    expect(performance.now() - acknowledged).toBeLessThan(2_100)
    expect(await b.revoke('2')).toBe(false)
    expect([a.find('2'), b.find('2')]).toEqual(['clear', 'revoked'])
    mend(b)
    await everywhere([b], '1', 15_000)
    await everywhere([a, b, c], '2', 15_000)
    await loaded(b)
    expect(b.find('3')).toBe('clear')
  })

  test('stopped and gone on', async () => {
    const all = await three()
    server.signal('SIGSTOP')
    for (const one of all) await expect.poll(() => one.find('1'), { timeout: 4_000 }).toBe('unconfirmed')
    server.signal('SIGCONT')
    await Promise.all(all.map(loaded))
    for (const one of all) expect(one.find('1')).toBe('clear')
  })
})

describe('whoever can write to Redis', () => {
  const add = (score: string, member: string) => server.cli('zadd', names.revocations, score, member)

  test.for<readonly [string, string, string]>([
    ['nonsense', '7', 'nonsense'],
    ['a score that is no epoch', 'inf', 'nonsense'],
    ['before all others', '-5', 'nonsense'],
  ])('%s: revokes nothing, lifts nothing, is told and removed', async ([, score, member]) => {
    const [a, b, c] = await three()
    await a.revoke('1')
    await everywhere([a, b, c], '1')
    await add(score, member)
    await expect
      .poll(() => a.open.status().foreign + b.open.status().foreign + c.open.status().foreign, { timeout: 4_000 })
      .toBeGreaterThan(0)
    await b.revoke('2')
    await everywhere([a, b, c], '2', 4_000)
    await Promise.all([a, b, c].map(loaded))
    expect([a.find('1'), a.find('3')]).toEqual(['revoked', 'clear'])
    expect(Number(await server.cli('zcard', names.revocations))).toBe(3)
  })

  test('a change of another fleet, whole and signed with another secret', async () => {
    const [a, b] = await three()
    const stranger = await instanceOf({ secrets: ['another'] })
    await stranger.revoke('1')
    await expect.poll(() => a.open.status().foreign + b.open.status().foreign, { timeout: 4_000 }).toBeGreaterThan(0)
    expect([a.find('1'), b.find('1')]).not.toContain('revoked')
  })
})

test('a fleet changes to a new secret, one instance after the other', async () => {
  const old = await instanceOf({ secrets: ['old'] })
  await loaded(old)
  await old.revoke('1')
  const ready = await instanceOf({ secrets: ['old', 'new'] })
  const changed = await instanceOf({ secrets: ['new', 'old'] })
  await Promise.all([ready, changed].map(loaded))
  await changed.revoke('2')
  await everywhere([ready, changed], '1')
  await everywhere([ready, changed], '2')
  expect([ready, changed].map((one) => one.open.status().foreign)).toEqual([0, 0])
})

test('ten thousand revocations: loaded by a new instance, at a size per entry that stays small', async () => {
  const a = await instanceOf()
  await loaded(a)
  for (let n = 0; n < 10_000; n += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => a.revoke(`${n + i}`)))
  }
  const began = performance.now()
  const b = await instanceOf()
  await loaded(b)
  console.log(`10,000 revocations loaded in ${Math.round(performance.now() - began)} ms`)
  expect([b.find('0'), b.find('9999'), b.find('10000')]).toEqual(['revoked', 'revoked', 'clear'])
})
