import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBreaker } from '../../../pdp/net/breaker.ts'

function setUp(random = () => 0.5) {
  let time = 0
  const breaker = createBreaker({ now: () => time, random, failures: 3, openMs: 100 })
  const ask = (well: boolean): boolean => {
    if (!breaker.admits()) return false
    if (well) breaker.succeeded()
    else breaker.failed()
    return true
  }
  return { breaker, ask, wait: (ms: number) => void (time += ms) }
}

test('opens after so many failures in a row, and not for as many with a success between', () => {
  const { breaker, ask } = setUp()
  for (const well of [false, false, true, false, false]) expect(ask(well)).toBe(true)
  expect(breaker.state()).toBe('closed')
  expect(ask(false)).toBe(true)
  expect(breaker.state()).toBe('open')
  expect(ask(true)).toBe(false)
})

test('lets one trial through when its time is over, and closes when that succeeds', () => {
  const { breaker, ask, wait } = setUp()
  for (let i = 0; i < 3; i++) ask(false)
  wait(99)
  expect(breaker.admits()).toBe(false)
  wait(1)
  expect(breaker.state()).toBe('half-open')
  expect(breaker.admits()).toBe(true)
  expect(breaker.admits()).toBe(false)
  breaker.succeeded()
  expect(breaker.state()).toBe('closed')
  expect(breaker.admits()).toBe(true)
})

test('a trial that fails opens it for twice as long, up to sixteen times', () => {
  const { ask, wait } = setUp()
  for (let i = 0; i < 3; i++) ask(false)
  for (const times of [1, 2, 4, 8, 16, 16]) {
    wait(100 * times - 1)
    expect(ask(false)).toBe(false)
    wait(1)
    expect(ask(false)).toBe(true)
  }
})

test('what was asked before it opened and fails late does not open it again', () => {
  const { breaker, ask, wait } = setUp()
  for (let i = 0; i < 3; i++) ask(false)
  wait(90)
  breaker.failed()
  wait(10)
  expect(ask(true)).toBe(true)
})

test('instances with other randomness come back at other times', () => {
  const until = (random: number) => {
    const { breaker, ask, wait } = setUp(() => random)
    for (let i = 0; i < 3; i++) ask(false)
    for (let ms = 0; ; ms++, wait(1)) if (breaker.state() === 'half-open') return ms
  }
  expect([until(0), until(0.5), until(0.75)]).toEqual([90, 100, 105])
})

test('whatever happens, it closes once its peer answers', () => {
  const step = fc.record({ wait: fc.nat(200), well: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { breaker, ask, wait } = setUp()
      for (const { wait: ms, well } of steps) {
        wait(ms)
        ask(well)
      }
      wait(1_600)
      expect(ask(true)).toBe(true)
      expect(breaker.state()).toBe('closed')
    }),
  )
})
