import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Redis, type RedisParts, redisScript } from '../../../pdp/net/redis.ts'
import type { RedisSettings } from '../../../pdp/net/redis-settings.ts'
import { eventually } from '../../support/eventually.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { connectRedis, type RedisServer, startRedis, startSentinel } from '../../support/redis.ts'

// The connection to a real Redis, and to one that fails in every way a network has.

let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.remove())

async function connected(port = server.port, settings: Partial<RedisSettings> = {}, parts: Partial<RedisParts> = {}) {
  const redis = await connectRedis(port, settings, parts)
  onTestFinished(() => redis.close())
  return redis
}

const bytes = (text: string) => Buffer.from(text)

describe('a healthy Redis', () => {
  test('keeps what is set, for as long as was said', async () => {
    const redis = await connected()
    expect(await redis.get('absent')).toEqual({ ok: true, value: undefined })
    expect(await redis.set('there', new Uint8Array([0, 255, 13, 10]), 60_000)).toEqual({ ok: true, value: 'done' })
    expect(await redis.get('there')).toEqual({ ok: true, value: Buffer.from([0, 255, 13, 10]) })
    await redis.set('brief', bytes('x'), 20)
    await eventually(async () => expect(await redis.get('brief')).toEqual({ ok: true, value: undefined }))
  })

  test('runs a script that it has not seen, and one that it forgot', async () => {
    const redis = await connected()
    const script = redisScript(`return {KEYS[1], ARGV[1], 7, redis.call('EXISTS', KEYS[1])} -- ${Math.random()}`)
    expect(await redis.run(script, ['k'], ['a'])).toEqual({ ok: true, value: ['k', 'a', 7, 0] })
    await server.cli('script', 'flush')
    expect(await redis.run(script, ['k'], ['a'])).toEqual({ ok: true, value: ['k', 'a', 7, 0] })
  })

  test('tells what is published, also to who subscribes later to the same channel', async () => {
    const redis = await connected()
    const heard: string[] = []
    const first = Promise.withResolvers<void>()
    redis.subscribe('news', { message: (text) => heard.push(`a ${text}`), connected: first.resolve })
    await first.promise
    expect(await redis.publish('news', 'one')).toEqual({ ok: true, value: 1 })
    await eventually(() => expect(heard).toEqual(['a one']))
    const end = redis.subscribe('news', { message: (text) => heard.push(`b ${text}`) })
    await redis.publish('news', 'two')
    await eventually(() => expect(heard).toEqual(['a one', 'a two', 'b two']))
    end()
    await redis.publish('news', 'three')
    await eventually(() => expect(heard).toEqual(['a one', 'a two', 'b two', 'a three']))
  })

  test('keeps a stream in order', async () => {
    const redis = await connected()
    const first = await redis.streamAdd('events', ['n', '1', 'empty', ''], 1_000)
    await redis.streamAdd('events', ['n', '2'], 1_000)
    expect(await redis.streamAfter('events', '0', 10)).toMatchObject({
      ok: true,
      value: [{ fields: ['n', '1', 'empty', ''] }, { fields: ['n', '2'] }],
    })
    if (!first.ok) throw new Error(first.fault)
    expect(await redis.streamAfter('events', first.value, 10)).toMatchObject({ value: [{ fields: ['n', '2'] }] })
  })

  test('a command that is wrong is refused, and the connection goes on', async () => {
    const redis = await connected()
    await redis.set('text', 'x', 60_000)
    expect(await redis.streamAdd('text', ['n', '1'], 10)).toEqual({ ok: false, fault: 'refused' })
    expect(await redis.get('text')).toMatchObject({ ok: true })
    expect(redis.status()).toEqual({ connected: true, breaker: 'closed' })
  })
})

async function behindProxy(settings = {}) {
  const proxy = await startFaultProxy(server.port)
  const said: string[] = []
  const redis: Redis = await connected(proxy.port, settings, { say: (line) => said.push(line) })
  onTestFinished(() => proxy.close())
  return { proxy, redis, said }
}

describe('a Redis that fails', () => {
  test('not there at the start: answers at once, and connects when it is', async () => {
    const { proxy, redis, said } = await behindProxy()
    proxy.up(false)
    await eventually(async () => expect(await redis.get('x')).toEqual({ ok: false, fault: 'disconnected' }))
    proxy.up(true)
    await eventually(async () => expect(await redis.get('x')).toMatchObject({ ok: true }))
    expect(said).toContain('redis: connected')
    expect(said.length).toBeLessThan(20)
  })

  test('half open: each command ends by its timeout, the breaker opens, and a dead connection is replaced', async () => {
    const { proxy, redis } = await behindProxy({ timeoutMs: 10 })
    proxy.swallow('replies')
    for (let i = 0; i < 5; i++) expect(await redis.get('x')).toEqual({ ok: false, fault: 'timeout' })
    const began = performance.now()
    // fewer than it takes until the breaker lets one try again; by the timeout they would take two seconds
    for (let i = 0; i < 200; i++) expect(await redis.get('x')).toMatchObject({ ok: false, fault: 'breaker' })
    expect(performance.now() - began).toBeLessThan(1_000)
    await eventually(() => expect(redis.status().connected).toBe(false))
    proxy.swallow('none')
    await eventually(async () => expect(await redis.get('x')).toMatchObject({ ok: true }))
    expect(redis.status().breaker).toBe('closed')
  })

  test('cut in the middle: what was on its way is lost at once, not resent', async () => {
    const { proxy, redis } = await behindProxy({ timeoutMs: 10_000 })
    const count = redisScript(`return redis.call('INCR', KEYS[1])`)
    await redis.run(count, ['known'], []) // so that the script need not be sent
    proxy.swallow('replies')
    const answer = redis.run(count, ['sent-once'], [])
    await eventually(async () => expect(await server.cli('get', 'sent-once')).toBe('1'))
    proxy.reset()
    expect(await answer).toEqual({ ok: false, fault: 'lost' })
    proxy.swallow('none')
    await eventually(async () => expect(await redis.get('x')).toMatchObject({ ok: true }))
    expect(await server.cli('get', 'sent-once')).toBe('1')
  })

  test('a subscriber learns that it may have missed something, and hears again', async () => {
    const { proxy, redis } = await behindProxy()
    const heard: string[] = []
    redis.subscribe('news', {
      message: (text) => heard.push(text),
      connected: () => heard.push('connected'),
      lost: () => heard.push('lost'),
    })
    await eventually(() => expect(heard).toEqual(['connected']))
    proxy.swallow('both') // nobody is told: the connection only falls silent
    await eventually(() => expect(heard[1]).toBe('lost'))
    proxy.swallow('none')
    proxy.reset()
    await eventually(() => expect(heard.at(-1)).toBe('connected'))
    await eventually(async () => expect(await redis.publish('news', 'back')).toEqual({ ok: true, value: 1 }))
    await eventually(() => expect(heard.at(-1)).toBe('back'))
  })

  test('refuses the password: says so without it, and tries again less and less often', async () => {
    const guarded = await startRedis(['--requirepass', 'right-horse-battery'])
    onTestFinished(() => guarded.remove())
    const proxy = await startFaultProxy(guarded.port)
    onTestFinished(() => proxy.close())
    const said: string[] = []
    const wrong = await connected(proxy.port, { password: 'wrong-horse' }, { say: (line) => said.push(line) })
    expect(wrong.status()).toMatchObject({ connected: false, lastFault: 'user name or password is refused' })
    expect(said).toEqual(['redis: user name or password is refused'])
    expect(proxy.connections()).toBeLessThan(15)
    const right = await connected(guarded.port, { password: 'right-horse-battery' })
    expect(await right.get('x')).toMatchObject({ ok: true })
  }, 30_000)
})

test('behind sentinels: the connection follows the master to where it moves', async () => {
  const master = await startRedis()
  onTestFinished(() => master.remove())
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0'])
  onTestFinished(() => replica.remove())
  await eventually(async () => expect(await replica.cli('info', 'replication')).toContain('master_link_status:up'))
  const sentinel = await startSentinel(master.port)
  onTestFinished(() => sentinel.remove())
  await eventually(async () => expect(await sentinel.cli('info', 'sentinel')).toContain('slaves=1'))
  const redis = await connected(sentinel.port, { kind: 'sentinel', sentinel: { name: 'fleet' } })
  await redis.set('kept', 'x', 60_000)
  await eventually(async () => expect(await replica.cli('exists', 'kept')).toBe('1'))
  await master.kill()
  await eventually(async () => expect(await redis.get('kept')).toEqual({ ok: true, value: Buffer.from('x') }))
  expect(await redis.set('kept', 'y', 60_000)).toMatchObject({ ok: true })
  expect(await replica.cli('get', 'kept')).toBe('y')
}, 60_000)
