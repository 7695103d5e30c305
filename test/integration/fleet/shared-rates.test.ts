import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createSharedRates } from '../../../pdp/compose/share-rates.ts'
import type { Redis } from '../../../pdp/net/redis.ts'
import { createRedisNames } from '../../../pdp/net/redis-keys.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { eventually } from '../../support/eventually.ts'
import { type Instance, present, startInstance } from '../../support/instance.ts'
import { connectRedis, type RedisServer, startRedis } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// Rates that a whole fleet shares, over a real Redis.

const rego = `package orders\n\ndecision := {"allow": true}\n`
let redis: RedisServer
let bundle: Uint8Array
beforeAll(async () => {
  redis = await startRedis()
  bundle = await buildTestBundle({ rego })
})
afterAll(() => redis.remove())

let prefixes = 0

async function startThree(rate: Readonly<Record<string, unknown>>, said: string[] = []): Promise<readonly Instance[]> {
  const fleet = { redis: `redis://127.0.0.1:${redis.port}`, prefix: `rates-${prefixes++}:` }
  const events = { redisSaid: (line: string) => void said.push(line) }
  const three = await Promise.all([1, 2, 3].map(() => startInstance({ bundle, fleet, limits: { rate }, events })))
  onTestFinished(async () => void (await Promise.all(three.map((one) => one.close()))))
  return three
}

/** Takes an ask of the enforcement point's rate; answers whether there was one. */
function admits({ pdp }: Instance): boolean {
  const pep = pdp.peps.get('gateway')
  if (!pep) throw new Error('the enforcement point is missing')
  return pdp.waitOf(pep) === 0
}

/** Asks at each instance as often as it lets one, for so long; answers how many were let through, and the seconds it took. */
async function press(instances: readonly Instance[], ms: number) {
  const began = performance.now()
  let admitted = 0
  while (performance.now() - began < ms) {
    for (const one of instances) while (admits(one)) admitted++
    await delay(3)
  }
  return { admitted, seconds: (performance.now() - began) / 1_000 }
}

const [perSecond, burst] = [50, 10]
const lateSeconds = 0.6 // a tenth, the call to Redis, and what a busy machine makes of both

test('three instances let through what one would, but for what is not known yet; not shared, thrice as much', async () => {
  const pep = { per_second: perSecond, burst }
  const [shared, alone] = [await startThree({ pep, shared: true }), await startThree({ pep })]
  const [together, apart] = await Promise.all([press(shared, 3_500), press(alone, 3_500)])
  const fair = burst + perSecond * together.seconds
  expect(together.admitted).toBeLessThanOrEqual(fair + 2 * (burst + perSecond * lateSeconds))
  expect(together.admitted).toBeGreaterThan(0.8 * fair)
  expect(apart.admitted).toBeGreaterThan(0.9 * 3 * (burst + perSecond * apart.seconds))
  expect(apart.admitted).toBeLessThanOrEqual(3 * (burst + perSecond * apart.seconds))
}, 30_000)

test('what a subject asks of one instance counts at the next, and at none for another subject', async () => {
  const [a, b, c] = await startThree({ subject: { per_second: 0.01, burst: 3 }, shared: true })
  const checkout = { headers: bearer(svid({ now: present() })) }
  const other = {
    headers: bearer(svid({ now: present(), claims: { sub: 'spiffe://prod.example/ns/shop/sa/billing' } })),
  }
  for (let i = 0; i < 3; i++) expect(await a?.ask(checkout)).toMatchObject({ effect: 'allow' })
  await eventually(async () => expect(await emptiest()).toBeGreaterThan(250_000))
  await b?.ask(checkout) // it does not know yet, and learns by it
  await eventually(async () => expect(await emptiest()).toBeGreaterThan(350_000))
  await eventually(async () => expect(await b?.ask(checkout)).toMatchObject({ code: 'SUBJECT_RATE_LIMITED' }))
  const refused = await b?.ask(checkout)
  expect(refused?.challenge?.retryAfter, 'for its own alone it would be a hundred seconds').toBeGreaterThan(150)
  expect(await c?.ask(other)).toMatchObject({ effect: 'allow' })
})

/** How many milliseconds the emptiest bucket of the newest fleet takes to be full. */
async function emptiest(): Promise<number> {
  const keys = (await redis.cli('--scan', '--pattern', `rates-${prefixes - 1}:{rate}:*`)).split('\n')
  return Math.max(...(await Promise.all(keys.map(async (key) => Number(await redis.cli('pttl', key))))))
}

test('without Redis each instance goes on by its own rate, and says so; with it they share again', async () => {
  const said: string[] = []
  const three = await startThree({ pep: { per_second: perSecond, burst }, shared: true }, said)
  await press(three, 300)
  await redis.kill()
  const { admitted, seconds } = await press(three, 2_000)
  expect(admitted).toBeGreaterThan(perSecond * seconds)
  expect(admitted).toBeLessThanOrEqual(3 * (burst + perSecond * seconds))
  expect(said).toContain('redis: rates are not shared now: each instance counts for itself')
  await redis.restart()
  await eventually(async () => {
    await press(three, 20)
    expect(said).toContain('redis: rates are shared again')
  })
})

const rate = { perSecond: 0.01, burst: 5 }

async function open(parts: Partial<Redis> = {}) {
  const prefix = `rates-${prefixes++}:`
  const connection = await connectRedis(redis.port)
  onTestFinished(() => connection.close())
  const share = createSharedRates({ redis: { ...connection, ...parts }, names: createRedisNames(prefix) })
  const keys = async () =>
    (await redis.cli('--scan', '--pattern', `${prefix}{rate}:*`)).split('\n').filter((key) => key !== '')
  return { connection, share, keys }
}

test('of many subjects a thousand are told at once, a hundred in a call; what is full again leaves nothing', async () => {
  const calls: { readonly at: number; readonly keys: number }[] = []
  const { connection } = await open()
  const { share, keys } = await open({
    run(script, names, args) {
      calls.push({ at: Math.round(performance.now()), keys: names.length })
      return connection.run(script, names, args)
    },
  })
  const buckets = share('subject', { perSecond: 1_000, burst: 5_000 })
  for (let i = 0; i < 2_500; i++) for (let n = 0; n < 5_000; n += 2_500) buckets.take(`subject-${i}`)
  await eventually(() => expect(calls.map((call) => call.keys)).toEqual(Array<number>(25).fill(100)))
  const windows = calls.reduce<number[]>(
    (all, { at }, i) =>
      i === 0 || at - (calls[i - 1]?.at ?? 0) > 50 ? [...all, 1] : [...all.slice(0, -1), (all.at(-1) ?? 0) + 1],
    [],
  )
  expect(windows).toEqual([10, 10, 5])
  await eventually(async () => expect(await keys()).toEqual([]))
})

test.for<readonly [string, readonly string[]]>([
  ['no number', ['set', 'KEY', 'not a number']],
  ['nan', ['set', 'KEY', 'nan']],
  ['a list', ['lpush', 'KEY', 'x']],
  ['removed, so that it seems full', ['del', 'KEY']],
])('a bucket in Redis that is %s: never more than the rate of the instance', async ([, spoil]) => {
  const { share, keys } = await open()
  const buckets = share('pep', rate)
  for (let i = 0; i < 4; i++) expect(buckets.take('a')).toBe(0)
  await eventually(async () => expect(await keys()).toHaveLength(1))
  const [key = ''] = await keys()
  await redis.cli('del', key)
  await redis.cli(...spoil.map((part) => (part === 'KEY' ? key : part)))
  expect(buckets.take('a')).toBe(0)
  await eventually(async () => expect(await redis.cli('type', key)).toBe('string'))
  expect(buckets.take('a')).toBeGreaterThan(90)
  await eventually(async () => expect(Number(await redis.cli('pttl', key))).toBeGreaterThan(90_000))
})

test('a bucket in Redis that is said to be empty for ever is believed for a hundred bursts', async () => {
  const { share, keys } = await open()
  const [one, other] = [share('pep', rate), share('pep', rate)]
  one.take('a')
  await eventually(async () => expect(await keys()).toHaveLength(1))
  const [key = ''] = await keys()
  await redis.cli('set', key, 'inf')
  other.take('a')
  await eventually(() => expect(other.take('a')).toBeGreaterThan(40_000))
  expect(other.take('a')).toBeLessThan(101 * 500)
})
