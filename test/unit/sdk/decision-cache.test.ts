import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecisionCache, keyOf, type Moment } from '../../../sdk/decision-cache.ts'
import { allow } from './replies.ts'

const decision = (reuse = 30) => ({ ...allow, reuse_max_age_s: reuse, local: true })

function cacheAt(entries = 10, characters = 1_000) {
  const at = { steady: 1_000, wall: 1_800_000_000_000 }
  const now = (): Moment => ({ ...at })
  return { at, now, cache: createDecisionCache(entries, characters, now) }
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

test('no two asks share a key', () => {
  const collide = (encode: (service: string, ask: string) => string) =>
    fc.check(
      fc.property(
        fc.array(fc.constantFrom('1', ':', 'a', '{', '"'), { maxLength: 6 }),
        fc.nat(6),
        fc.nat(6),
        (text, i, j) => {
          const whole = text.join('')
          const [one, other] = [Math.min(i, whole.length), Math.min(j, whole.length)]
          fc.pre(one !== other)
          return encode(whole.slice(0, one), whole.slice(one)) !== encode(whole.slice(0, other), whole.slice(other))
        },
      ),
      { numRuns: 5_000, seed: 7 },
    ).failed
  expect(
    collide((service, ask) => service + ask),
    'planted: parts without their length',
  ).toBe(true)
  expect(collide(keyOf)).toBe(false)
})
