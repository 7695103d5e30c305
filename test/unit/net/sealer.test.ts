import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { createSealer, type Opened, type Sealer } from '../../../pdp/net/sealer.ts'
import { noon } from '../../support/clock.ts'

const [key, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const sealer = createSealer([key])
const until = plus(noon, seconds(10))
const value = Buffer.from('the value')
const sealed = sealer.seal('name', value, until)

const forged: Opened = { ok: false, why: 'forged' }

test('opens under its name until its end', () => {
  expect(sealer.open('name', sealed, noon)).toEqual({ ok: true, value, until })
  expect(sealer.open('name', sealed, until)).toEqual({ ok: false, why: 'ended' })
})

test('every flipped bit is a forgery', () => {
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3)
    expect(sealer.open('name', changed, noon)).toEqual(forged)
  }
})

describe('what is not ours', () => {
  test.for<readonly [string, Opened]>([
    ['under another name', sealer.open('other', sealed, noon)],
    ['under a name it runs into', sealer.open('nam', Buffer.concat([sealed, Buffer.from('e')]), noon)],
    ['under another key', createSealer([other]).open('name', sealed, noon)],
    ['cut short', sealer.open('name', sealed.subarray(0, -1), noon)],
    ['longer', sealer.open('name', Buffer.concat([sealed, Buffer.alloc(1)]), noon)],
    ['without a value', sealer.open('name', sealed.subarray(0, 41), noon)],
    ['nothing', sealer.open('name', Buffer.alloc(0), noon)],
  ])('%s', ([, opened]) => expect(opened).toEqual(forged))
})

test('names and values never run into each other', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(5), (name, text, cut) => {
      const bytes = Buffer.from(text)
      const one = sealer.seal(name, bytes, until)
      const shifted = sealer.seal(
        name.slice(0, -cut || undefined),
        Buffer.concat([Buffer.from(name.slice(-cut || name.length)), bytes]),
        until,
      )
      if (cut > 0 && name.length >= cut) expect(one.equals(shifted)).toBe(false)
      expect(sealer.open(name, one, noon)).toMatchObject({ ok: true })
    }),
  )
})

test('rotation: the first key seals, and each opens', () => {
  const [before, between, after]: readonly Sealer[] = [
    createSealer([key]),
    createSealer([other, key]),
    createSealer([other]),
  ]
  const opens = (by?: Sealer, from?: Sealer) => from && by?.open('n', from.seal('n', value, until), noon).ok
  expect([opens(between, before), opens(between, after), opens(after, between)]).toEqual([true, true, true])
  expect([opens(before, between), opens(after, before)]).toEqual([false, false])
})
