import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { PolicyInput } from '../../../pdp/core/policy-input.ts'
import { instant } from '../../../pdp/core/time.ts'
import {
  createIsolatePool,
  type IsolatePool,
  type IsolatePoolOptions,
} from '../../../pdp/policy/isolated/isolate-pool.ts'
import { startIsolateThread } from '../../../pdp/policy/isolated/isolate-thread.ts'
import { loadBundle, type LoadedBundle } from '../../../pdp/policy/load-bundle.ts'
import { createPolicySet } from '../../../pdp/policy/policy-set.ts'
import type { Policy } from '../../../pdp/seams.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { frameAt as frameOf, noon } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { createService } from '../../support/world.ts'
import { inputWith, loadTestBundle, testService } from '../../unit/policy/test-policy.ts'

// `spin` counts to its cube: with 4,000 that takes minutes, without memory, and nothing within the instance ends it.

const rego = `package t

numbers_to_spin := numbers.range(1, input.context.spin)

spun := count([1 | never := input.context.spin + 1; some _ in numbers_to_spin; some _ in numbers_to_spin; some c in numbers_to_spin; c == never])

conflict := 1 if input.context.conflict
conflict := 2 if input.context.conflict

decision := {"allow": spun == 0, "reasons": [{"code": "spun", "message": "done"}]} if input.context.spin
decision := {"allow": conflict == 1} if input.context.conflict
decision := {"allow": true, "reasons": [{"code": data.t.code, "message": input.context.user}]} if {
	not input.context.spin
	not input.context.conflict
}
`

const long = { user: 'mallory', spin: 4_000 }
const deadlineMs = 50
const latest = 10 * deadlineMs // where threads have to wait for a processor

/** So long a decision that no test here fails for a machine that is busy. */
const frameAt = (now = noon, lengthMs = 30_000) => frameOf(now, lengthMs)

const pools: IsolatePool[] = []
let bundle: LoadedBundle

beforeAll(async () => {
  bundle = await loadTestBundle({ rego, data: { t: { code: 'from-data' } } })
}, 60_000)
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
})

/** The policy of a bundle on threads of its own. */
async function isolated(
  options: Partial<IsolatePoolOptions> = {},
  of = bundle,
  service = testService,
): Promise<{ readonly policy: Policy; readonly pool: IsolatePool; readonly reasons: string[] }> {
  const reasons: string[] = []
  const pool = createIsolatePool(of.source, { deadlineMs, onReplaced: (reason) => reasons.push(reason), ...options })
  pools.push(pool)
  expect(await pool.ready()).toBe(true)
  return { policy: await active(of, service, pool), pool, reasons }
}

async function active(of: LoadedBundle, service = testService, pool?: IsolatePool): Promise<Policy> {
  const set = createPolicySet()
  set.activate(service.policy, of, pool)
  const policy = await set.active(service)
  if (!policy) throw new Error('the bundle lacks the entrypoint')
  return policy
}

const plain = (user: string): JsonObject => ({ user })
const answerFor = (user: string) => ({
  ok: true,
  value: { allow: true, reasons: [{ code: 'from-data', message: user }] },
})

test('an evaluation that spins is stopped at its deadline, and a thousand other asks are answered meanwhile', async () => {
  const { policy, reasons } = await isolated()
  expect(await policy.evaluate(inputWith(plain('warm')), frameAt())).toMatchObject(answerFor('warm'))
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  const started = performance.now()
  const stopped = policy.evaluate(inputWith(long), frameAt()).then((answer) => ({ answer, at: performance.now() }))
  const others = Array.from({ length: 1_000 }, (_, i) => policy.evaluate(inputWith(plain(`u${i}`)), frameAt()))
  const answers = await Promise.all(others)
  const answered = performance.now() - started
  const { answer, at } = await stopped
  lag.disable()
  for (const [i, other] of answers.entries()) expect(other).toMatchObject(answerFor(`u${i}`))
  expect(answer).toMatchObject({ ok: false, code: 'DEADLINE', clause: 'policy-evaluation-deadline' })
  console.info(
    `stopped after ${(at - started).toFixed(1)} ms, 1,000 others after ${answered.toFixed(1)} ms, longest lag ${(lag.max / 1e6).toFixed(1)} ms`,
  )
  expect(at - started).toBeGreaterThanOrEqual(deadlineMs - 1)
  expect(at - started, 'the deadline holds').toBeLessThan(latest + 200)
  expect(lag.max / 1e6, 'the event loop goes on').toBeLessThan(500)
  await eventually(() => expect(reasons).toEqual(['deadline']))
})

test('the very ask that stopped an evaluation is refused for a minute, and no other ask of its subject', async () => {
  const { policy } = await isolated()
  const ask = (context: JsonObject, seconds: number) => {
    const now = instant(noon + seconds * 1_000)
    return policy.evaluate(inputWith(context, { time: { now_ns: `${now}000000` } }), frameAt(now))
  }
  expect(await ask(long, 0)).toMatchObject({ code: 'DEADLINE', clause: 'policy-evaluation-deadline' })
  const started = performance.now()
  const again = await ask(long, 59)
  expect(performance.now() - started, 'at once').toBeLessThan(deadlineMs / 2)
  expect(again).toMatchObject({ code: 'DEADLINE', clause: 'policy-evaluation-stopped-before' })
  expect(await ask({ user: 'mallory' }, 1)).toMatchObject(answerFor('mallory'))
  expect(await ask({ user: 'mallory', spin: 2 }, 1)).toMatchObject({ ok: true, value: { allow: true } })
  expect(await ask(long, 61), 'after a minute it is tried again').toMatchObject({
    clause: 'policy-evaluation-deadline',
  })
})

test('equal asks that wait behind one that is stopped are refused without an evaluation', async () => {
  const { policy, reasons } = await isolated({ size: 1 })
  const answers = await Promise.all(Array.from({ length: 20 }, () => policy.evaluate(inputWith(long), frameAt())))
  expect(answers.map((answer) => !answer.ok && answer.clause)).toEqual([
    'policy-evaluation-deadline',
    ...Array.from({ length: 19 }, () => 'policy-evaluation-stopped-before'),
  ])
  await eventually(() => expect(reasons).toEqual(['deadline']))
})

test('more stopped evaluations than there are spares are made up for', async () => {
  const { policy } = await isolated({ size: 1, spares: 1 })
  for (let spin = 4_000; spin < 4_004; spin++) {
    expect(await policy.evaluate(inputWith({ spin }), frameAt())).toMatchObject({
      clause: 'policy-evaluation-deadline',
    })
  }
  expect(await policy.evaluate(inputWith(plain('after')), frameAt())).toMatchObject(answerFor('after'))
})

test('an abort is a refusal as it is inline, and costs no thread', async () => {
  const { policy, reasons } = await isolated()
  const conflict = inputWith({ conflict: true })
  const refusal = await policy.evaluate(conflict, frameAt())
  expect(refusal).toMatchObject({ code: 'POLICY_ERROR', clause: 'policy-evaluation-conflict' })
  expect(refusal).toEqual(await (await active(bundle)).evaluate(conflict, frameAt()))
  expect(reasons).toEqual(['abort'])
  expect(await policy.evaluate(inputWith(plain('next')), frameAt())).toMatchObject(answerFor('next'))
})

test('what cannot wait is refused: too many, too long, and after the end', async () => {
  const { policy, pool } = await isolated({ size: 1, spares: 0, maximumQueue: 1, deadlineMs: 200 })
  const running = policy.evaluate(inputWith(long), frameAt())
  const waiting = policy.evaluate(inputWith(plain('waits')), frameAt(noon, 20))
  expect(await policy.evaluate(inputWith(plain('third')), frameAt())).toMatchObject({
    code: 'OVERLOADED',
    clause: 'policy-evaluation-queue',
  })
  expect(await running).toMatchObject({ clause: 'policy-evaluation-deadline' })
  expect(await waiting).toMatchObject({ code: 'DEADLINE', clause: 'policy-evaluation-waited' })
  expect(await policy.evaluate(inputWith(plain('later')), frameAt()), 'the twin').toMatchObject(answerFor('later'))
  await pool.close()
  expect(await policy.evaluate(inputWith(plain('closed')), frameAt())).toMatchObject({
    code: 'POLICY_UNAVAILABLE',
    clause: 'policy-evaluation-threads',
  })
})

test('a pool that closes answers what it was asked before', async () => {
  const { policy, pool } = await isolated()
  const asked = Array.from({ length: 50 }, (_, i) => policy.evaluate(inputWith(plain(`u${i}`)), frameAt()))
  await pool.close()
  for (const [i, answer] of (await Promise.all(asked)).entries()) expect(answer).toMatchObject(answerFor(`u${i}`))
})

test('a retired pool answers for as long as decisions may be under way, and then ends', async () => {
  const { policy, pool } = await isolated()
  pool.retire(100)
  expect(await policy.evaluate(inputWith(plain('under way')), frameAt())).toMatchObject(answerFor('under way'))
  await eventually(async () =>
    expect(await policy.evaluate(inputWith(plain('late')), frameAt())).toMatchObject({ code: 'POLICY_UNAVAILABLE' }),
  )
})

describe('a thread that dies', () => {
  const bad = () => ({ ...bundle.source, data: Buffer.from('{"t":') })

  test('is lost for its ask alone, and another takes its place', async () => {
    // the host makes a list of 900,001 numbers of a thousand digits, more than a thread may have
    const greedy = await loadTestBundle({
      rego: `package t

decision := {"allow": count(numbers.range_step(1e990, 1e991, 1e985)) > 1} if input.context.greedy
decision := {"allow": true, "reasons": [{"code": "from-data", "message": input.context.user}]} if input.context.user
`,
    })
    const { policy, reasons } = await isolated({ size: 1, spares: 0, deadlineMs: 30_000 }, greedy)
    expect(await policy.evaluate(inputWith(plain('before')), frameAt())).toMatchObject(answerFor('before'))
    expect(await policy.evaluate(inputWith({ greedy: true }), frameAt())).toMatchObject({
      code: 'POLICY_ERROR',
      clause: 'policy-evaluation-lost',
    })
    expect(await policy.evaluate(inputWith(plain('after')), frameAt())).toMatchObject(answerFor('after'))
    expect(reasons).toEqual(['lost'])
    expect(await policy.evaluate(inputWith({ greedy: true }), frameAt())).toMatchObject({
      clause: 'policy-evaluation-stopped-before',
    })
  })

  test('before it can evaluate is no thread, and its pool is unavailable', async () => {
    expect(await startIsolateThread(bundle.source).started, 'the twin').toBe(true)
    const thread = startIsolateThread(bad())
    expect([await thread.started, await thread.ended]).toEqual([false, 'lost'])
    const pool = createIsolatePool(bad(), { deadlineMs, retryMs: 60_000 })
    pools.push(pool)
    expect(await pool.ready()).toBe(false)
    const policy = await active(bundle, testService, pool)
    await eventually(async () =>
      expect(await policy.evaluate(inputWith(plain('x')), frameAt())).toMatchObject({ code: 'POLICY_UNAVAILABLE' }),
    )
  })
})

describe('answers are those of inline evaluation', () => {
  const folder = fileURLToPath(new URL('../../../policies/', import.meta.url))

  test.for(['orders', 'agent-tools'])('%s', async (name) => {
    const loaded = await loadBundle(await exampleBundle(name))
    if (!loaded.ok) throw new Error(loaded.detail)
    const service = createService(name, { entrypoint: `${name.replaceAll('-', '_')}/decision` })
    const { policy } = await isolated({ deadlineMs: 2_000 }, loaded.value, service)
    const inline = await active(loaded.value, service)
    const files = (await readdir(join(folder, name, 'examples'))).filter((file) => file.endsWith('.json'))
    expect(files.length).toBeGreaterThan(8)
    for (const file of files) {
      const text = await readFile(join(folder, name, 'examples', file), 'utf8')
      const { input } = JSON.parse(text) as { readonly input: PolicyInput }
      const now_ns = /"now_ns": (\d+)/.exec(text)?.[1] ?? ''
      const frame = frameAt()
      const whole = { ...input, time: { now_ns } }
      expect(await policy.evaluate(whole, frame), file).toEqual(await inline.evaluate(whole, frame))
    }
  })

  const values: readonly (readonly [name: string, expression: string])[] = [
    ['sets', '{"a", "b", input.context.user}'],
    ['numbers', '[9007199254740993 + 1, 1e400 / 1e399, 0.1 + 0.2]'],
    ['the time of the decision', 'time.now_ns()'],
    ['random numbers of the decision', '[rand.intn("x", 1000000), uuid.rfc4122("y")]'],
    ['undefined', 'to_number(input.context.user)'],
    ['an abort', 'object.get({"a": 1}, input.context.user, 1 / 0)'],
  ]
  test.for(values)('%s', async ([, expression]) => {
    const source = `package t\n\ndecision := {"allow": true, "reasons": [{"code": "x", "message": sprintf("%v", [${expression}])}]}\n`
    const loaded = await loadTestBundle({ rego: source })
    const { policy } = await isolated({ deadlineMs: 2_000 }, loaded)
    const inline = await active(loaded)
    const frame = frameAt()
    const answer = await policy.evaluate(inputWith(plain('c')), frame)
    expect(answer).toEqual(await inline.evaluate(inputWith(plain('c')), frame))
    const other = await policy.evaluate(inputWith(plain('c')), frame)
    expect(other, 'every question of a decision sees the same').toEqual(answer)
  })
})
