import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTraceContext } from '../../../pdp/core/trace-context.ts'

/** Lower-case hexadecimal digits that are not all zeros. */
const idOf = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((text) => /[^0]/.test(text))

const flags = fc.nat(255).map((byte) => byte.toString(16).padStart(2, '0'))
const parents = fc.tuple(idOf(32), idOf(16), flags)
const text = fc.string({ unit: 'binary', maxLength: 80 })

test('every well-formed parent is read as what it says', () => {
  fc.assert(
    fc.property(parents, ([id, parent, flag]) => {
      const read = readTraceContext('pep', [`00-${id}-${parent}-${flag}`])
      expect(read).toEqual({ id, parent, from: 'pep', ...(/[13579bdf]$/.test(flag) && { sampled: true }) })
    }),
  )
})

test('one character changed, added or left out: never another trace of the same text, and never an exception', () => {
  fc.assert(
    fc.property(parents, fc.nat(56), text, ([id, parent, flag], at, instead) => {
      const whole = `00-${id}-${parent}-${flag}`
      const changed = whole.slice(0, at) + instead + whole.slice(at + 1)
      const read = readTraceContext('pep', [changed])
      if (read) expect(changed).toContain(`-${read.id}-${read.parent}-`)
    }),
  )
})

test('whatever stands in a state, what is passed on can be read again, and is the same', () => {
  const key = fc.stringMatching(/^[a-z0-9@]{0,3}$/)
  const members = fc.array(
    fc.oneof(
      text,
      fc.tuple(key, text).map(([name, value]) => `${name}=${value}`),
    ),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(
      parents,
      fc.array(
        members.map((list) => list.join(',')),
        { maxLength: 3 },
      ),
      ([id, parent, flag], lines) => {
        const read = readTraceContext('pep', [`00-${id}-${parent}-${flag}`], lines)
        expect(read?.id).toBe(id)
        if (read?.state === undefined) return
        expect(read.state).toMatch(/^[ -~]{1,2048}$/)
        expect(readTraceContext('pep', [`00-${id}-${parent}-${flag}`], [read.state])?.state).toBe(read.state)
      },
    ),
  )
})
