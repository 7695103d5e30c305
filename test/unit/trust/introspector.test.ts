import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { ok, type Result, refuse } from '../../../pdp/core/result.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createIntrospector, introspectorClauses } from '../../../pdp/trust/introspector.ts'
import { createRememberedAnswers } from '../../../pdp/trust/remembered-answers.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { frameAt } from '../../support/clock.ts'
import { createManualTime } from '../../support/manual-time.ts'

type Answer = Result<{ readonly response: JsonObject; readonly length: number }>

const active = (more: JsonObject = {}): Answer => ok({ response: { active: true, ...more }, length: 100 })
const inactive: Answer = ok({ response: { active: false }, length: 20 })
const down: Answer = refuse('TRUST_UNAVAILABLE', introspectorClauses.fault, 'down')

/** An endpoint that answers when told to, and what asks it. */
function setUp({ maxCached = 30, concurrency = 2 } = {}) {
  const time = createManualTime()
  const asked: string[] = []
  const waiting: ((answer: Answer) => void)[] = []
  const introspector = createIntrospector({
    ask: (token) => {
      asked.push(token)
      return new Promise((resolve) => waiting.push(resolve))
    },
    clock: time.clock,
    schedule: time.schedule,
    maxCached: seconds(maxCached),
    concurrency,
  })
  const introspect = (token: string) => introspector.introspect(token, frameAt(time.clock(), 1_000))
  /** Lets promises settle, then answers what is on its way. */
  const answer = async (given: Answer) => {
    await settled()
    for (const resolve of waiting.splice(0)) resolve(given)
  }
  const round = async (token: string, given: Answer) => {
    const answered = introspect(token)
    await answer(given)
    return answered
  }
  return { time, asked, introspect, answer, round }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('how long an answer is used', () => {
  test.each([
    ['active: as long as configured', 30, active(), 29, 30],
    ['active: no longer than its exp', 30, active({ exp: 1_800_000_010 }), 9, 10],
    ['not active: five seconds', 30, inactive, 4, 5],
    ['not active: no longer than configured', 2, inactive, 1, 2],
  ])('%s', async (_name, maxCached, given, known, forgotten) => {
    const { time, asked, introspect, round } = setUp({ maxCached })
    await round('t', given)
    time.advance(known)
    expect(await introspect('t')).toMatchObject({ ok: true })
    expect(asked).toHaveLength(1)
    time.advance(forgotten - known)
    await round('t', given)
    expect(asked).toHaveLength(2)
  })
  test('with 0 s nothing is remembered', async () => {
    const { asked, round } = setUp({ maxCached: 0 })
    await round('t', active())
    await round('t', active())
    expect(asked).toHaveLength(2)
  })
  test('a token that became inactive is not called active by a memory', async () => {
    const { time, round, introspect } = setUp()
    await round('t', active())
    time.advance(31)
    expect(await round('t', inactive)).toMatchObject({ value: { response: { active: false } } })
    expect(await introspect('t')).toMatchObject({ value: { response: { active: false } } })
    time.advance(6)
    expect(await round('t', active())).toMatchObject({ value: { response: { active: true } } })
    expect(await introspect('t')).toMatchObject({ value: { response: { active: true } } })
  })
  test('a clock set back by an hour does not make answers last an hour longer', async () => {
    const { time, asked, round } = setUp()
    await round('t', active())
    time.step(-3_600)
    await round('t', active())
    expect(asked).toHaveLength(2)
  })
  test('nor does it bring back what was said before a token became inactive', async () => {
    const { time, asked, round } = setUp()
    await round('t', active())
    time.step(-40)
    await round('t', inactive)
    time.advance(11) // the earlier answer would look fresh again
    expect(await round('t', inactive)).toMatchObject({ value: { response: { active: false } } })
    expect(asked).toHaveLength(3)
  })
  test('an outage is not remembered, and an old answer does not stand in for a new one', async () => {
    const { time, round } = setUp()
    await round('t', active())
    time.advance(30)
    expect(await round('t', down)).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE' })
    expect(await round('t', active())).toMatchObject({ ok: true })
  })
})

describe('how much is asked', () => {
  test('asks about one token share one request', async () => {
    const { asked, introspect, answer } = setUp()
    const all = Array.from({ length: 50 }, () => introspect('t'))
    await answer(active())
    for (const one of await Promise.all(all)) expect(one).toMatchObject({ ok: true })
    expect(asked).toHaveLength(1)
  })
  test('other tokens wait for room, a few; the rest are refused at once', async () => {
    const { asked, introspect, answer } = setUp({ concurrency: 2 })
    const all = Array.from({ length: 20 }, (_, i) => introspect(`t${i}`))
    await settled()
    expect(asked).toHaveLength(2)
    const refused = await Promise.all(all.slice(10))
    for (const one of refused)
      expect(one).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause: 'introspection-room' })
    for (let i = 0; i < 5; i++) await answer(active())
    for (const one of await Promise.all(all.slice(0, 10))) expect(one).toMatchObject({ ok: true })
    expect(asked).toHaveLength(10)
    const again = introspect('another')
    await answer(active())
    expect(await again, 'the room is given back').toMatchObject({ ok: true })
  })
  test('nobody waits beyond the deadline, and what nobody waits for is not asked', async () => {
    const { time, asked, introspect, answer } = setUp({ concurrency: 1 })
    const [first, second] = [introspect('t1'), introspect('t2')]
    await settled()
    time.advance(1)
    for (const one of [first, second]) {
      expect(await one).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause: 'introspection-deadline' })
    }
    await answer(active())
    await settled()
    expect(asked).toEqual(['t1'])
    expect(await introspect('t1'), 'the late answer is there for the next').toMatchObject({ ok: true })
  })
  test('a fault of our own refuses, and gives its room back', async () => {
    const time = createManualTime()
    let faulty = true
    const introspector = createIntrospector({
      ask: async () => {
        if (faulty) throw new Error('planted')
        return active()
      },
      clock: time.clock,
      schedule: time.schedule,
      maxCached: seconds(30),
      concurrency: 1,
    })
    const introspect = () => introspector.introspect('t', frameAt(time.clock(), 1_000))
    expect(await introspect()).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause: 'introspection-fault' })
    faulty = false
    expect(await introspect()).toMatchObject({ ok: true })
  })
})

test('the memory of answers is bounded, and made-up tokens push out no good ones', async () => {
  const memory = createRememberedAnswers(10_000)
  const frame = frameAt()
  const answer = { response: { active: true }, asOf: frame.now, until: frame.deadline }
  for (let i = 0; i < 1_000; i++) memory.put(sha256(`t${i}`), answer, 100)
  const held = Array.from({ length: 1_000 }, (_, i) => memory.get(sha256(`t${i}`))).filter(Boolean)
  expect(held).toHaveLength(28) // 10,000 / (100 + 256)
  expect(memory.get(sha256('t999'))).toBe(answer)
  memory.put(sha256('large'), answer, 20_000)
  expect(memory.get(sha256('large'))).toBeUndefined()

  const { asked, introspect, round } = setUp()
  await round('good', active())
  for (let i = 0; i < 9_000; i++) await round(`made-up-${i}`, inactive)
  expect(await introspect('good')).toMatchObject({ value: { response: { active: true } } })
  expect(asked.filter((token) => token === 'good')).toHaveLength(1)
})
