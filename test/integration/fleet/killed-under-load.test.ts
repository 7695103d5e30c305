import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { median } from '../../../bench/measure/median.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { type Instance, present, startInstance } from '../../support/instance.ts'
import { startRedis } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// Redis is killed while asks come at 30 % of what one instance can do: every answer stays right, and nearly as fast.

const roundMs = 2_000
const rounds = 5

test('killed under load: no wrong answer', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.remove())
  const bundle = await buildTestBundle({
    rego: `package orders

decision := {"allow": input.action.name == "read", "reasons": [{"code": "asked", "message": json.marshal(input.action)}]}
`,
  })
  const fleet = { redis: `redis://127.0.0.1:${redis.port}`, l2: 'always' }
  const instance = await startInstance({ bundle, fleet, timeoutMs: 10 })
  onTestFinished(() => instance.close())
  const ask = asker(instance)

  const capacity = await measureCapacity(ask)
  const load = (during: () => Promise<unknown>) => loadAt(capacity * 0.3, ask, during)
  const p99s = { healthy: [] as number[], killed: [] as number[] }
  let answers = 0
  for (let i = 0; i < rounds; i++) {
    const healthy = await load(async () => undefined)
    const killed = await load(() => delay(roundMs / 4).then(redis.kill))
    await redis.restart()
    while (instance.pdp.status().redis?.connected !== true) await delay(10)
    p99s.healthy.push(p99(healthy))
    p99s.killed.push(p99(killed))
    answers += healthy.length + killed.length
  }
  console.log(
    `capacity ${Math.round(capacity)}/s; ${answers} answers at 30 %, 0 wrong; median of ${rounds} p99s: healthy ${median(p99s.healthy).toFixed(1)} ms, killed ${median(p99s.killed).toFixed(1)} ms`,
  )
  expect(answers).toBeGreaterThan(1_000)
  expect(median(p99s.killed)).toBeLessThan(3 * median(p99s.healthy) + 100)
})

type AskOne = () => Promise<void>

/** Asks what no cache knows, one allowed and one denied in turn; throws for a wrong answer. */
function asker(instance: Instance): AskOne {
  const headers = bearer(svid({ now: present() }))
  let n = 0
  return async () => {
    const [name, expected] = n % 2 === 0 ? ['read', 'ALLOWED'] : ['write', 'POLICY_DENIED']
    const { code } = await instance.ask({ headers, questions: [{ action: { name, properties: { n: n++ } } }] })
    if (code !== expected) throw new Error(`${code} in place of ${expected}`)
  }
}

/** How many are answered in a second where 16 are always under way. */
async function measureCapacity(ask: AskOne): Promise<number> {
  const end = performance.now() + 1_000
  let answered = 0
  const client = async () => {
    while (performance.now() < end) {
      await ask()
      answered++
    }
  }
  await Promise.all(Array.from({ length: 16 }, client))
  return answered
}

/** Asks at a rate, whatever the answers take; answers how long each took from when it was due, in milliseconds. */
async function loadAt(perSecond: number, ask: AskOne, during: () => Promise<unknown>): Promise<readonly number[]> {
  const began = performance.now()
  const latencies: number[] = []
  const under: Promise<void>[] = []
  const fault = during()
  for (let sent = 0; performance.now() - began < roundMs; await delay(2)) {
    for (; (sent / perSecond) * 1_000 <= performance.now() - began; sent++) {
      const due = began + (sent / perSecond) * 1_000
      under.push(ask().then(() => void latencies.push(performance.now() - due)))
    }
  }
  await Promise.all([...under, fault])
  return latencies
}

const p99 = (latencies: readonly number[]): number =>
  latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? Number.NaN
