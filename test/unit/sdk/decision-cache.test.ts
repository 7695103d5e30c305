import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecisionCache, type Moment, printOf } from '../../../sdk/decision-cache.ts'
import { allow } from './replies.ts'

const decision = (reuse = 30) => ({ ...allow, reuse_max_age_s: reuse, local: true })

function cacheAt(entries = 10, characters = 1_000) {
  const at = { steady: 1_000, wall: 1_800_000_000_000 }
  const now = (): Moment => ({ ...at })
  const of = createDecisionCache(entries, characters, now)
  const keyOf = (ask: string, service = '') => ({ service, ask })
  const cache = {
    get: (ask: string, service?: string) => of.get(keyOf(ask, service)),
    put: (ask: string, decision: Parameters<typeof of.put>[1], from: Moment, service?: string) =>
      of.put(keyOf(ask, service), decision, from),
  }
  return { at, now, cache }
}

describe('an allow is kept until its reuse ends, counted from the ask', () => {
  const rows = [
    ['just before', { steady: 29_999, wall: 29_999 }, true],
    ['at the end', { steady: 30_000, wall: 29_999 }, false],
    ['after the machine slept', { steady: 10, wall: 30_000 }, false],
    ['after the wall clock was set back', { steady: 10, wall: -1 }, false],
  ] as const
  test.each(rows)('%s', (_, { steady, wall }, there) => {
    const { at, now, cache } = cacheAt()
    cache.put('k', decision(), now())
    expect(cache.get('k'), 'the twin').toEqual(decision())
    at.steady += steady
    at.wall += wall
    expect(cache.get('k')).toEqual(there ? decision() : undefined)
  })
})

test('the one used longest ago makes room, by entries and by characters', () => {
  const { now, cache } = cacheAt(2, 10)
  cache.put('a', decision(), now())
  cache.put('b', decision(), now())
  cache.get('a')
  cache.put('c', decision(), now())
  expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true])
  cache.put('123456789', decision(), now())
  expect(['a', 'c', '123456789'].map((key) => cache.get(key) !== undefined)).toEqual([false, true, true])
  cache.put('longer than all', decision(), now())
  expect(cache.get('longer than all')).toBeUndefined()
})

test('a newer answer takes the place of an older one, a deny included', () => {
  const { now, cache } = cacheAt()
  cache.put('k', decision(), now())
  cache.put('k', { ...decision(0), decision: 'deny' }, now())
  expect(cache.get('k')).toBeUndefined()
})

describe('no two asks are taken for one', () => {
  test('whatever their prints', () => {
    const text = (at: number) => `${'h'.repeat(100)}${'m'.repeat(at)}X${'m'.repeat(30 - at)}${'t'.repeat(100)}`
    const many = Array.from({ length: 30 }, (_, at) => text(at))
    const prints = Map.groupBy(many, printOf)
    const [alike = []] = [...prints.values()].sort((a, b) => b.length - a.length)
    expect(alike.length, 'some have one print').toBeGreaterThan(9)
    const { cache, now } = cacheAt(1_000, 1_000_000)
    for (const ask of many) cache.put(ask, { ...decision(), id: ask }, now())
    for (const ask of many) expect([ask, undefined]).toContain(cache.get(ask)?.id)
    expect(cache.get(alike.at(-1) ?? '')).toBeDefined()
    expect(alike.filter((ask) => cache.get(ask)).length, 'no more than are looked through').toBe(8)
    expect(cache.get(text(30))).toBeUndefined()
  })

  test('nor by a service that is another', () => {
    const { cache, now } = cacheAt()
    cache.put('ask', decision(), now(), 'orders')
    expect(cache.get('ask', 'orders')).toEqual(decision())
    for (const [ask, service] of [
      ['ask', 'billing'],
      ['sask', 'order'],
      ['ask', ''],
    ] as const)
      expect(cache.get(ask, service)).toBeUndefined()
  })

  test('as a map of whole texts has it', () => {
    const step = fc.record({
      ask: fc
        .string({ unit: fc.constantFrom('a', 'b'), minLength: 0, maxLength: 4 })
        .map((end) => `${'x'.repeat(200)}${end}${'y'.repeat(96)}`),
      put: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { cache, now } = cacheAt(1_000, 1_000_000)
        const known = new Map<string, string>()
        steps.forEach(({ ask, put }, i) => {
          if (put) {
            cache.put(ask, { ...decision(), id: String(i) }, now())
            known.set(ask, String(i))
          } else {
            const found = cache.get(ask)?.id
            if (found !== undefined) expect(found).toBe(known.get(ask))
          }
        })
      }),
      { numRuns: 300, seed: 7 },
    )
  })
})
