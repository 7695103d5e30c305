import { expect, test } from 'vitest'
import { createMemoryStore } from '../../../pdp/cache/memory-store.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createTestClock } from '../../support/clock.ts'

const key = (name: string) => sha256(name)
const bytes = (text: string) => new TextEncoder().encode(text)

function setUp(maximumEntries = 3, maximumBytes = 10_000) {
  const clock = createTestClock()
  return { clock, store: createMemoryStore({ clock, maximumEntries, maximumBytes }) }
}

test('answers what was put until it ends', async () => {
  const { clock, store } = setUp()
  store.put(key('a'), bytes('1'), seconds(10))
  expect(await store.get(key('a'))).toEqual(bytes('1'))
  expect(await store.get(key('b'))).toBeUndefined()
  clock.advance(9.999)
  expect(await store.get(key('a'))).toEqual(bytes('1'))
  clock.advance(0.001)
  expect(await store.get(key('a'))).toBeUndefined()
  expect(store.size()).toEqual({ entries: 0, bytes: 0 })
})

test('keeps a copy in either direction', async () => {
  const { store } = setUp()
  const value = bytes('1')
  store.put(key('a'), value, seconds(10))
  value[0] = 0
  const first = await store.get(key('a'))
  first?.fill(0)
  expect(await store.get(key('a'))).toEqual(bytes('1'))
})

test('drops the oldest beyond its number of entries, and first what was not used', async () => {
  const { store } = setUp(2)
  store.put(key('a'), bytes('1'), seconds(10))
  store.put(key('b'), bytes('2'), seconds(10))
  await store.get(key('a'))
  store.put(key('c'), bytes('3'), seconds(10))
  expect(await store.get(key('b'))).toBeUndefined()
  expect(await store.get(key('a'))).toEqual(bytes('1'))
  expect(store.size().entries).toBe(2)
})

test('what is used makes room too where everything is', async () => {
  const { store } = setUp(3)
  const names = ['a', 'b', 'c']
  for (const name of names) store.put(key(name), bytes(name), seconds(10))
  for (const name of names) await store.get(key(name))
  store.put(key('d'), bytes('d'), seconds(10))
  expect(await store.get(key('d'))).toEqual(bytes('d'))
  expect(await store.get(key('a')), 'the oldest').toBeUndefined()
  expect(store.size().entries).toBe(3)
})

test('of many that are used a few are passed over for one that goes: no put takes long', async () => {
  const { store } = setUp(1_000, 1_000_000)
  for (let i = 0; i < 1_000; i++) store.put(key(`${i}`), bytes('1'), seconds(10))
  for (let i = 0; i < 1_000; i++) await store.get(key(`${i}`))
  store.put(key('new'), bytes('1'), seconds(10))
  expect(await store.get(key('16')), 'the one after those that were passed over').toBeUndefined()
  expect(await store.get(key('0'))).toBeDefined()
  expect(store.size().entries).toBe(1_000)
})

test('stays within its bytes', async () => {
  const { store } = setUp(1000, 2000)
  for (let i = 0; i < 100; i++) store.put(key(`k${i}`), new Uint8Array(i * 10), seconds(10))
  expect(store.size().bytes).toBeLessThanOrEqual(2000)
  expect(store.size().entries).toBeGreaterThan(0)
  store.put(key('huge'), new Uint8Array(3000), seconds(10))
  expect(await store.get(key('huge'))).toBeUndefined()
  expect(await store.get(key('k99'))).toBeDefined()
})

test('a new value replaces the old one, and none remains where it cannot be kept', async () => {
  const { store } = setUp()
  store.put(key('a'), bytes('1'), seconds(10))
  store.put(key('a'), bytes('22'), seconds(10))
  expect(await store.get(key('a'))).toEqual(bytes('22'))
  expect(store.size().entries).toBe(1)
  store.put(key('a'), bytes('3'), seconds(0))
  expect(await store.get(key('a'))).toBeUndefined()
  store.put(key('a'), bytes('3'), seconds(Number.NaN))
  expect(store.size()).toEqual({ entries: 0, bytes: 0 })
})

test('holds nothing where it may hold no entry', async () => {
  const { store } = setUp(0)
  store.put(key('a'), bytes('1'), seconds(10))
  expect(await store.get(key('a'))).toBeUndefined()
})
