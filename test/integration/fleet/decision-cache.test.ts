import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Decision, isAllow } from '../../../pdp/core/decision.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { eventually } from '../../support/eventually.ts'
import { type Instance, type InstanceParts, present, startInstance } from '../../support/instance.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// What one instance evaluated answers another, and only where it is the answer that the other would have evaluated.

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.remove())

const reader = (more = '', allowed = 'read') => `package orders

decision := {"allow": input.action.name in data.orders.actions, "reasons": [{"code": "action", "message": "${allowed}"}]}
other := {"allow": input.action.name in data.orders.actions}
${more}`

const entrypoints = ['orders/decision', 'orders/other']
const sources = { rego: reader(), data: { actions: ['read'] }, entrypoints }

let prefixes = 0
const newPrefix = () => `fleet-${prefixes++}:`

async function start(prefix: string, parts: Partial<InstanceParts> = {}): Promise<Instance> {
  const instance = await startInstance({
    bundle: await buildTestBundle(sources),
    fleet: { redis: `redis://127.0.0.1:${redis.port}`, l2: 'always', prefix, ...parts.fleet },
    ...Object.fromEntries(Object.entries(parts).filter(([name]) => name !== 'fleet')),
  })
  onTestFinished(() => instance.close())
  return instance
}

const workload = (name: string) => ({ headers: bearer(svid({ now: present(), claims: { sub: subject(name) } })) })
const subject = (name: string) => `spiffe://prod.example/ns/shop/sa/${name}`
const cacheOf = (decision: Decision) => decision.verdicts[0]?.evaluated?.cache

/** Asks until what was evaluated has reached Redis. */
const filled = (prefix: string, entries = 1) =>
  eventually(async () => {
    const keys = await redis.cli('--scan', '--pattern', `${prefix}decision:*`)
    expect(keys.split('\n').filter((key) => key !== '')).toHaveLength(entries)
  })

test('instance B answers for what A evaluated, and then by itself', async () => {
  const prefix = newPrefix()
  const [a, b] = [await start(prefix), await start(prefix)]
  const first = await a.ask(workload('checkout'))
  expect(cacheOf(first)).toBe('miss')
  await filled(prefix)
  const second = await b.ask(workload('checkout'))
  expect(isAllow(second)).toBe(true)
  expect(second.verdicts[0]?.evaluated).toMatchObject({ cache: 'hit-l2', filledBy: first.id })
  expect(cacheOf(await b.ask(workload('checkout')))).toBe('hit-l1')
  expect((await b.records())[0]).toMatchObject({ questions: [{ cache: 'hit-l2', filled_by: first.id }] })
})

test('another subject that policy cannot tell apart has its own identity, lifetime and record', async () => {
  const prefix = newPrefix()
  const [a, b] = [await start(prefix), await start(prefix)]
  const first = await a.ask(workload('checkout'))
  await filled(prefix)
  const short = svid({
    now: present(),
    claims: { sub: subject('billing'), exp: Math.trunc(present() / 1000) + 100 },
  })
  const second = await b.ask({ headers: bearer(short) })
  expect(second.verdicts[0]?.evaluated).toMatchObject({ cache: 'hit-l2', filledBy: first.id, ask: second.id })
  expect(second.caller?.subject?.id).toBe(subject('billing'))
  expect(second.caller?.expiresAt).toBeLessThan((first.caller?.expiresAt ?? 0) - 100_000)
  expect(await b.records()).toMatchObject([{ id: second.id, subject: { id: subject('billing') } }])
  const expired = svid({ now: present(), claims: { exp: Math.trunc(present() / 1000) - 60 } })
  expect(await b.ask({ headers: bearer(expired) })).toMatchObject({ effect: 'deny', code: 'EXPIRED' })
})

test.for<readonly [string, Partial<InstanceParts> & { readonly sources?: typeof sources }]>([
  ['another module', { sources: { ...sources, rego: reader('unused := 1', 'may read') } }],
  ['other data', { sources: { ...sources, data: { actions: ['read', 'list'] } } }],
  ['another entrypoint', { entrypoint: 'orders/other' }],
])('%s: what was evaluated before does not count', async ([, { sources: others, ...parts }]) => {
  const prefix = newPrefix()
  const a = await start(prefix)
  const bundle = await buildTestBundle(others ?? sources)
  const [twin, other] = [await start(prefix), await start(prefix, { bundle, ...parts })]
  await a.ask(workload('checkout'))
  await filled(prefix)
  expect(cacheOf(await twin.ask(workload('checkout')))).toBe('hit-l2')
  const decision = await other.ask(workload('checkout'))
  expect(isAllow(decision)).toBe(true)
  expect(cacheOf(decision)).toBe('miss')
})

test('asks that differ only in what is not read share an answer; in what is read, none', async () => {
  const prefix = newPrefix()
  const [a, b] = [await start(prefix), await start(prefix)]
  await a.ask(workload('checkout'))
  await filled(prefix)
  const elsewhere = {
    ...workload('billing'),
    url: 'https://orders.example.org/v2/other',
    method: 'POST',
    context: { a: 1 },
  }
  expect(cacheOf(await b.ask(elsewhere))).toBe('hit-l2')
  const write = await b.ask({
    ...elsewhere,
    questions: [{ action: { name: 'write' }, resource: { type: 'order', id: '1' } }],
  })
  expect(write).toMatchObject({ effect: 'deny', code: 'POLICY_DENIED' })
  expect(cacheOf(write)).toBe('miss')
})

test('no-cache is evaluated anew and kept; no-store is answered and not kept', async () => {
  const prefix = newPrefix()
  const a = await start(prefix)
  const ask = (read: boolean, store: boolean) => a.ask({ ...workload('checkout'), reuse: { read, store } })
  expect(cacheOf(await ask(true, false))).toBe('miss')
  expect(cacheOf(await ask(true, true))).toBe('miss')
  await filled(prefix)
  expect(cacheOf(await ask(false, true))).toBe('bypass')
  expect(cacheOf(await ask(true, false))).toBe('hit-l1')
})

test('a thousand equal asks at once are one evaluation, and one value in Redis', async () => {
  const prefix = newPrefix()
  const a = await start(prefix, { limits: { deadline_ms: 30_000 } }) // a thousand tokens to verify, on a machine that is busy
  const asks = Array.from({ length: 1_000 }, () => workload('checkout'))
  const decisions = await Promise.all(asks.map((ask) => a.ask(ask)))
  expect(decisions.filter(isAllow)).toHaveLength(1_000)
  // one; and another for each 20 ms that a busy machine takes to ask Redis first
  expect(decisions.filter((decision) => cacheOf(decision) === 'miss').length).toBeLessThan(20)
  await filled(prefix)
}, 60_000)

test('a bundle that is replaced while an answer is under way keeps that answer to itself', async () => {
  const prefix = newPrefix()
  const a = await start(prefix)
  const stricter = await buildTestBundle({ ...sources, data: { actions: [] } })
  const before = await buildTestBundle(sources)
  let raced = 0
  for (let round = 0; round < 5; round++) {
    const asks = Array.from({ length: 20 }, () => a.ask(workload('checkout')))
    await a.replaceBundle(stricter)
    for (const decision of await Promise.all(asks)) if (isAllow(decision)) raced++
    for (let i = 0; i < 20; i++) expect(isAllow(await a.ask(workload('checkout')))).toBe(false)
    await a.replaceBundle(before)
    expect(isAllow(await a.ask(workload('checkout')))).toBe(true)
  }
  expect(raced).toBeGreaterThan(0)
})

test('a deny is kept for less long than an allow', async () => {
  const prefix = newPrefix()
  const a = await start(prefix)
  await a.ask(workload('checkout'))
  await a.ask({
    ...workload('checkout'),
    questions: [{ action: { name: 'write' }, resource: { type: 'order', id: '1' } }],
  })
  await filled(prefix, 2)
  const keys = (await redis.cli('--scan', '--pattern', `${prefix}decision:*`)).split('\n')
  const lives = await Promise.all(keys.map(async (key) => Number(await redis.cli('pttl', key))))
  lives.sort((x, y) => x - y)
  expect(lives[0]).toBeLessThan(5_001)
  expect(lives[1]).toBeGreaterThan(40_000)
  expect(lives[1]).toBeLessThan(60_001)
})
