import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createMemoryStore } from '../pdp/cache/memory-store.ts'
import { createRedisStore } from '../pdp/cache/redis-store.ts'
import type { Frame } from '../pdp/core/frame.ts'
import { ok } from '../pdp/core/result.ts'
import { instant } from '../pdp/core/time.ts'
import { createRedisNames } from '../pdp/net/redis-keys.ts'
import { createSealer } from '../pdp/net/sealer.ts'
import { cached } from '../pdp/policy/cached.ts'
import type { CompiledPolicy } from '../pdp/policy/compiled-policy.ts'
import { loadBundle } from '../pdp/policy/load-bundle.ts'
import { createSecondLevels, type SecondLevel, type SecondLevelUse } from '../pdp/policy/second-level.ts'
import type { Policy } from '../pdp/seams.ts'
import { buildTestBundle } from '../test/support/build-bundle.ts'
import { frameAt } from '../test/support/clock.ts'
import { connectRedis, startRedis } from '../test/support/redis.ts'
import { inputWith, policyOf } from '../test/unit/policy/test-policy.ts'
import { median } from './measure/median.ts'

// What the cache costs and saves, in process: CPU of this thread, medians of interleaved rounds, over a real Redis.

const rounds = 9
const clock = () => instant(Date.now())
const server = await startRedis()
const redis = await connectRedis(server.port)
const names = createRedisNames('bench:')
const sealer = createSealer([randomBytes(32)])
const levels = (use: SecondLevelUse): SecondLevel =>
  createSecondLevels(createRedisStore({ redis, names, sealer, clock }), use)()
const memory = (maximumEntries = 100_000) =>
  createMemoryStore({ clock, maximumEntries, maximumBytes: maximumEntries * 4_096 })

const bundle = await loadBundle(
  await buildTestBundle({
    rego: `package orders

decision := {"allow": allow, "reasons": [{"code": "asked", "message": input.action.name}]}
default allow := false
allow if {
	input.action.name in data.orders.actions
	startswith(input.subject.id, "spiffe://prod.example/")
	input.context.region == "eu-central-1"
}
`,
    data: { actions: ['read', 'list'] },
  }),
)
if (!bundle.ok) throw new Error(bundle.detail)
const policy = policyOf(bundle.value, 'orders/decision')
const subject = { id: 'spiffe://prod.example/ns/shop/sa/checkout', methods: ['jwt-svid'] }
let made = 0
const inputOf = (name: string) =>
  // the members that this policy reads; the others are not looked at
  inputWith({ region: 'eu-central-1' }, { action: { name }, subject } as unknown as Parameters<typeof inputWith>[1])

/** CPU of this thread in µs for each of `times` runs. */
async function cpuOf(times: number, run: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  for (let i = 0; i < times; i++) await run()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / times
}

/** The medians of several works, measured in turn. */
async function interleaved(works: Readonly<Record<string, () => Promise<number>>>): Promise<Record<string, number>> {
  const figures = new Map(Object.keys(works).map((name): [string, number[]] => [name, []]))
  for (let i = 0; i <= rounds; i++) {
    for (const [name, work] of Object.entries(works)) {
      const figure = await work()
      if (i > 0) figures.get(name)?.push(figure) // the first round only warms up
    }
  }
  return Object.fromEntries([...figures].map(([name, all]) => [name, median(all)]))
}

const us = (n = Number.NaN) => `${n.toFixed(1)} us`
const ratio = (a = Number.NaN, b = Number.NaN) => (a / b).toFixed(2)
const answer = (of: Policy, name: string, frame = frameAt(clock())) => of.evaluate(inputOf(name), frame)
const next = () => `read-${made++}`

/** What decide makes for every decision is no cost of the cache. */
function withFrame(run: (frame: Frame) => unknown): () => unknown {
  const frame = frameAt(clock())
  return () => run(frame)
}

const keeper = cached(policy, memory())
const hit = await interleaved({
  hit: () =>
    cpuOf(
      50_000,
      withFrame((frame) => answer(keeper, 'read', frame)),
    ),
  write: () => cpuOf(50_000, async () => policy.write(inputOf('read'))),
  evaluation: () =>
    cpuOf(
      20_000,
      withFrame((frame) => answer(policy, 'read', frame)),
    ),
})
console.log(
  `local hit: ${us(hit['hit'])}, of which writing what the policy reads: ${us(hit['write'])}, so the cache: ${us((hit['hit'] ?? 0) - (hit['write'] ?? 0))}; this policy evaluated: ${us(hit['evaluation'])}`,
)

const [alone, inFleet] = [cached(policy, memory(1_000)), cached(policy, memory(1_000), { shared: levels('auto') })]
const miss = await interleaved({
  alone: () => cpuOf(10_000, () => answer(alone, next())),
  fleet: () => cpuOf(10_000, () => answer(inFleet, next())),
})
console.log(
  `miss: alone ${us(miss['alone'])}, with Redis and l2: auto ${us(miss['fleet'])}, ratio ${ratio(miss['fleet'], miss['alone'])}`,
)

async function evaluateIn(costly: CompiledPolicy, name: string): Promise<void> {
  const written = costly.write(inputOf(name))
  if (written.ok) await costly.evaluateWritten(written.value, frameAt(clock()))
}

for (const length of [50, 500, 5_000]) {
  const costly: CompiledPolicy = {
    ...policy,
    async evaluateWritten(input, frame, cache) {
      const until = performance.now() + length / 1_000
      while (performance.now() < until); // busy, as an evaluation is
      const evaluated = await policy.evaluateWritten(input, frame, cache)
      return evaluated.ok ? ok(evaluated.value) : evaluated
    },
  }
  const filled = Array.from({ length: 200 }, next)
  const filler = cached(costly, memory(1), { shared: levels('always') })
  for (const name of filled) await answer(filler, name)
  await delay(100)
  let i = 0
  const again = () => filled[i++ % filled.length] ?? ''
  const reader = cached(costly, memory(1), { shared: levels('always') })
  const auto = levels('auto')
  const chooser = cached(costly, memory(1), { shared: auto })
  const wall = async (run: () => unknown): Promise<number> => {
    const began = performance.now()
    for (let n = 0; n < filled.length; n++) await run()
    return ((performance.now() - began) * 1_000) / filled.length
  }
  let hits = 0
  const figures = await interleaved({
    readCpu: () =>
      cpuOf(filled.length, async () => {
        const read = await answer(reader, again())
        if (read.ok && read.value.cache === 'hit-l2') hits++
      }),
    readWall: () => wall(() => answer(reader, again())),
    evaluated: () => wall(() => evaluateIn(costly, again())),
    auto: () => wall(() => answer(chooser, again())),
  })
  console.log(
    `evaluation of ${length} us: L2 hit ${us(figures['readWall'])} on the clock, ${us(figures['readCpu'])} CPU, evaluated ${us(figures['evaluated'])}; auto ${auto.worth() ? 'reads' : 'evaluates'}: ${us(figures['auto'])} (${hits} of ${filled.length * (rounds + 1)} were hits)`,
  )
}
redis.close()
await server.remove()
