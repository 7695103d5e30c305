import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { isAllow } from '../../../pdp/core/decision.ts'
import { instant } from '../../../pdp/core/time.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { eventually } from '../../support/eventually.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { type Instance, type InstanceParts, present, startInstance } from '../../support/instance.ts'
import { acceptedProof, codeOf, newProof } from '../../support/proofs.ts'
import { type RedisServer, startRedis, startSentinel } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// Whatever becomes of Redis: no decision is wrong by it, only proof-bound asks are refused for it, no proof counts twice.

let bundle: Uint8Array
beforeAll(async () => {
  bundle = await buildTestBundle({
    rego: `package orders

decision := {"allow": input.action.name == "read", "reasons": [{"code": "asked", "message": json.marshal(input.action)}]}
`,
  })
})

const servers: RedisServer[] = []
async function server(...settings: Parameters<typeof startRedis>): Promise<RedisServer> {
  const started = await startRedis(...settings)
  servers.push(started)
  return started
}
afterAll(() => Promise.all(servers.map((each) => each.remove())))

async function instance(
  at: number | Readonly<Record<string, unknown>>,
  parts: Partial<InstanceParts> = {},
): Promise<Instance & { readonly heard: string[] }> {
  const heard: string[] = []
  const started = await startInstance({
    bundle,
    fleet: typeof at === 'number' ? { redis: `redis://127.0.0.1:${at}`, l2: 'always' } : { l2: 'always', ...at },
    events: { redisSaid: (line) => heard.push(line), redisAlarm: (what, why) => heard.push(`${what} ${why}`) },
    ...parts,
  })
  onTestFinished(() => started.close())
  return { ...started, heard }
}

const workload = () => ({ headers: bearer(svid({ now: present() })) })
const write = { questions: [{ action: { name: 'write' }, resource: { type: 'order', id: '1' } }] as const }
let asks = 0
/** One that no cache knows. */
const fresh = () => ({ ...workload(), questions: [{ action: { name: 'read', properties: { n: asks++ } } }] as const })
const cacheOf = (decision: Awaited<ReturnType<Instance['ask']>>) => decision.verdicts[0]?.evaluated?.cache

/** Bearer asks are answered, and rightly; those that need a single use are refused, and for that reason. */
async function decidesWithout(a: Instance, times = 20): Promise<void> {
  for (let i = 0; i < times; i++) {
    expect(codeOf(await a.ask(fresh()))).toBe('ALLOWED')
    expect(codeOf(await a.ask({ ...workload(), ...write }))).toBe('POLICY_DENIED')
  }
  expect(codeOf(await a.ask(newProof()))).toBe('FIRST_USE_UNAVAILABLE')
}

test('down: decides without it, and goes on when it is back', async () => {
  const redis = await server()
  const a = await instance(redis.port)
  const proof = await acceptedProof(a)
  await redis.kill()
  await decidesWithout(a)
  expect(codeOf(await a.ask(proof))).toBe('FIRST_USE_UNAVAILABLE')
  await redis.restart()
  await acceptedProof(a)
  expect(codeOf(await a.ask(proof))).toMatch(/REPLAYED|FIRST_USE_UNAVAILABLE/)
})

test('not there at the start: starts, denies until it knows what is revoked, and goes on when it comes', async () => {
  const redis = await server()
  await redis.kill()
  const a = await instance(redis.port, { patienceMs: 0 })
  expect(codeOf(await a.ask(fresh()))).toBe('REVOCATION_UNAVAILABLE')
  expect(a.heard).toEqual(['redis: no connection to the host'])
  await redis.restart()
  await acceptedProof(a)
})

/** As in production: what is slower than that is done without. */
const quick = { timeoutMs: 10 }

type Act = (redis: RedisServer) => unknown

test.for<readonly [string, Act, Act]>([
  ['paused', (redis) => redis.cli('client', 'pause', '6000'), () => undefined],
  ['stopped', (redis) => redis.signal('SIGSTOP'), (redis) => redis.signal('SIGCONT')],
])('%s: an ask waits no longer than its timeout, and soon not at all', async ([, slow, wake]) => {
  const redis = await server()
  const a = await instance(redis.port, quick)
  const proof = await acceptedProof(a)
  await slow(redis)
  await decidesWithout(a)
  const began = performance.now()
  for (let i = 0; i < 200; i++) expect(isAllow(await a.ask(fresh()))).toBe(true)
  expect((performance.now() - began) / 200).toBeLessThan(10) // ms, where each read would take its 10
  await wake(redis)
  await acceptedProof(a)
  expect(codeOf(await a.ask(proof))).toBe('REPLAYED')
})

test('half open: the same, and the dead connection is replaced', async () => {
  const redis = await server()
  const proxy = await startFaultProxy(redis.port)
  onTestFinished(() => proxy.close())
  const a = await instance(proxy.port, quick)
  const proof = await acceptedProof(a)
  proxy.swallow('both')
  await decidesWithout(a)
  await eventually(() => expect(a.pdp.status().redis?.connected).toBe(false))
  proxy.swallow('none')
  await acceptedProof(a)
  expect(codeOf(await a.ask(proof))).toBe('REPLAYED')
})

test('an answer that was lost on its way is asked for again, and is first if the write was its own', async () => {
  const redis = await server()
  const proxy = await startFaultProxy(redis.port)
  onTestFinished(() => proxy.close())
  const a = await instance(proxy.port, quick)
  let own = 0
  for (let round = 0; round < 40 && own === 0; round++) {
    await acceptedProof(a)
    const proof = newProof()
    proxy.swallow('replies')
    const answer = a.ask(proof)
    setTimeout(() => proxy.swallow('none'), 13) // after the first timeout, before the second
    const code = codeOf(await answer)
    proxy.swallow('none')
    if (code === 'ALLOWED') own++
    else expect(code).toBe('FIRST_USE_UNAVAILABLE')
    expect(codeOf(await a.ask(proof))).not.toBe('ALLOWED')
    proxy.reset()
  }
})

test.for<readonly [string, (redis: RedisServer) => Promise<unknown>]>([
  ['restarted empty', async (redis) => redis.kill().then(redis.restart)],
  ['emptied by FLUSHALL', (redis) => redis.cli('flushall')],
  ['robbed of its marker', (redis) => redis.cli('del', 'sallyport:{use}-known')],
])('%s: a proof that was used is not accepted again, new ones are', async ([, lose]) => {
  const redis = await server()
  const [a, b] = [await instance(redis.port), await instance(redis.port)]
  const proofs = [await acceptedProof(a), await acceptedProof(b)]
  const unused = newProof()
  await new Promise((resolve) => setTimeout(resolve, 1_100)) // proofs are dated in whole seconds
  await lose(redis)
  await acceptedProof(a)
  for (const each of [a, b])
    for (const proof of [...proofs, unused])
      expect(codeOf(await each.ask(proof))).toMatch(/FIRST_USE_UNAVAILABLE|REPLAYED/)
})

test('failed over by sentinel, with writes that the new master never saw: no proof is accepted twice', async () => {
  const master = await server()
  const link = await startFaultProxy(master.port)
  onTestFinished(() => link.close())
  const replica = await server(['--replicaof', '127.0.0.1', String(link.port), '--repl-diskless-sync-delay', '0'])
  await eventually(async () => expect(await replica.cli('info', 'replication')).toContain('master_link_status:up'))
  const sentinel = await startSentinel(master.port)
  servers.push(sentinel)
  await eventually(async () => expect(await sentinel.cli('info', 'sentinel')).toContain('slaves=1'))
  const a = await instance({ redis: `redis://127.0.0.1:${sentinel.port}`, sentinel: { name: 'fleet' } })
  await acceptedProof(a)
  link.swallow('replies') // what the master writes does not reach its replica any more
  const lost = await acceptedProof(a)
  await master.kill()
  await eventually(async () => expect(await replica.cli('info', 'replication')).toContain('role:master'))
  await acceptedProof(a)
  expect(await replica.cli('dbsize')).not.toBe('0')
  expect(codeOf(await a.ask(lost))).toBe('FIRST_USE_UNAVAILABLE')
})

test('out of memory: answers are not shared, proofs are refused, and all is well when there is room', async () => {
  const redis = await server(['--maxmemory', '4mb', '--maxmemory-policy', 'noeviction'])
  const a = await instance(redis.port)
  const proof = await acceptedProof(a)
  await redis.cli('config', 'set', 'maxmemory', '1mb')
  await decidesWithout(a)
  expect(codeOf(await a.ask(proof))).not.toBe('ALLOWED')
  await redis.cli('config', 'set', 'maxmemory', '8mb')
  await acceptedProof(a)
  expect(codeOf(await a.ask(proof))).toBe('REPLAYED')
})

test('a Redis that may drop single uses to make room is not trusted with them, and says why', async () => {
  const redis = await server(['--maxmemory', '64mb', '--maxmemory-policy', 'volatile-lru'])
  const a = await instance(redis.port)
  await decidesWithout(a)
  expect(a.heard).toContain('use evicting')
  await redis.cli('config', 'set', 'maxmemory-policy', 'noeviction')
  await acceptedProof(a)
})

test('poisoned, moved and written-back values are misses and alarms', async () => {
  const redis = await server()
  let now = Date.now()
  const clock = () => instant(now)
  const reads = () => ({ headers: bearer(svid({ now: instant(now) })) })
  const writes = () => ({ ...reads(), ...write })
  const a = await instance(redis.port, { clock })
  await a.ask(reads())
  const allowKey = await onlyKey(redis)
  const allowValue = await value(redis, allowKey)
  await a.ask(writes())
  const denyKey = await onlyKey(redis, allowKey)
  expect(await redis.cli('persist', denyKey), 'time stands still for instances, and so it must for Redis').toBe('1')

  const answers = async (ask: typeof reads) => {
    const b = await instance(redis.port, { clock }) // with a memory of its own
    const decision = await b.ask(ask())
    return [codeOf(decision), cacheOf(decision), ...b.heard.filter((line) => !line.startsWith('redis:'))]
  }
  expect(await answers(writes)).toEqual(['POLICY_DENIED', 'hit-l2']) // the twin
  for (const [poison, why] of [
    [Buffer.from('{"allow":true}'), 'forged'],
    [allowValue, 'forged'], // of another key
    [Buffer.concat([allowValue.subarray(0, -1), Buffer.from([0])]), 'forged'],
    [Buffer.alloc(41), 'forged'],
    [Buffer.alloc(0), 'forged'],
  ] as const) {
    await put(redis, denyKey, poison)
    expect(await answers(writes)).toEqual(['POLICY_DENIED', 'miss', `decision ${why}`])
  }
  await put(redis, allowKey, allowValue)
  expect(await answers(reads)).toEqual(['ALLOWED', 'hit-l2']) // as it was
  now += 61_000
  await put(redis, allowKey, allowValue)
  expect(await answers(reads)).toEqual(['ALLOWED', 'miss', 'decision ended'])
})

test('a forged claim is no retry, and an alarm', async () => {
  const redis = await server()
  const a = await instance(redis.port)
  const proof = await acceptedProof(a)
  const key = (await redis.cli('--scan', '--pattern', 'sallyport:{use}:*')).split('\n')[0] ?? ''
  await redis.cli('set', key, `9999999999999999 ${'A'.repeat(120)}`)
  expect(codeOf(await a.ask(proof))).toBe('REPLAYED')
  expect(a.heard).toContain('use forged')
})

test('a fleet that changes its secret: instances with both understand those with either', async () => {
  const redis = await server()
  const [older, newer] = ['o'.repeat(40), 'n'.repeat(40)]
  const [before, between] = [
    await instance(redis.port, { secrets: [older] }),
    await instance(redis.port, { secrets: [newer, older] }),
  ]
  const ask = fresh()
  await before.ask(ask)
  const first = await onlyKey(redis)
  expect(cacheOf(await between.ask(ask))).toBe('hit-l2')
  const next = fresh()
  await between.ask(next)
  await onlyKey(redis, first)
  expect(cacheOf(await before.ask(next))).toBe('miss')
  expect(before.heard).toContain('decision forged')
})

test('wrong password: starts, says so, and denies, since it cannot know what is revoked', async () => {
  const redis = await server(['--requirepass', 'the right password'])
  const a = await instance(redis.port, { patienceMs: 0 })
  expect(codeOf(await a.ask(fresh()))).toBe('REVOCATION_UNAVAILABLE')
  expect(a.heard).toEqual(['redis: a password is needed: set fleet.password'])
})

test('connections that are cut as they come: few are made, and every decision is right', async () => {
  const redis = await server()
  const proxy = await startFaultProxy(redis.port)
  onTestFinished(() => proxy.close())
  const a = await instance(proxy.port)
  proxy.up(false)
  const end = performance.now() + 3_000
  while (performance.now() < end) {
    expect(isAllow(await a.ask(fresh()))).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(proxy.connections()).toBeLessThan(60)
  proxy.up(true)
  await acceptedProof(a)
})

test('a clock that steps: an answer lives no longer by it, and no proof is accepted twice', async () => {
  const redis = await server()
  let step = 0
  const clock = () => instant(Date.now() + step)
  const a = await instance(redis.port, { clock })
  const reads = () => ({ headers: bearer(svid({ now: clock() })) })
  expect(cacheOf(await a.ask(reads()))).toBe('miss')
  expect(cacheOf(await a.ask(reads()))).toBe('hit-l1')
  const proof = await acceptedProof(a)
  step = 3_600_000
  expect(cacheOf(await a.ask(reads()))).toBe('miss')
  expect(codeOf(await a.ask(proof))).not.toBe('ALLOWED')
  step = -3_600_000
  expect(cacheOf(await a.ask(reads()))).toBe('miss')
  expect(codeOf(await a.ask(proof))).not.toBe('ALLOWED')
  step = 0
  expect(codeOf(await a.ask(proof))).not.toBe('ALLOWED')
})

/** Waits for the one answer that stands there besides `others`. */
async function onlyKey(redis: RedisServer, ...others: readonly string[]): Promise<string> {
  let found = ''
  await eventually(async () => {
    const keys = (await redis.cli('--scan', '--pattern', 'sallyport:decision:*')).split('\n')
    const [key, ...more] = keys.filter((one) => one !== '' && !others.includes(one))
    if (key === undefined || more.length > 0) throw new Error(`there are ${keys.length} answers`)
    found = key
  })
  return found
}

async function value(redis: RedisServer, key: string): Promise<Buffer> {
  const hex = await redis.cli('eval', hexOf, '1', key)
  return Buffer.from(hex, 'hex')
}

const put = (redis: RedisServer, key: string, bytes: Uint8Array) =>
  redis.cli('eval', fromHex, '1', key, Buffer.from(bytes).toString('hex'))

const hexOf = `return (string.gsub(redis.call('GET', KEYS[1]), '.', function (c) return string.format('%02x', string.byte(c)) end))`
const fromHex = `return redis.call('SET', KEYS[1], (string.gsub(ARGV[1], '..', function (h) return string.char(tonumber(h, 16)) end)))`
