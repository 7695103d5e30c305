import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { liftSequence } from '../../../pdp/trust/lift-sequence.ts'
import { readKeySet } from '../../../pdp/trust/read-key-set.ts'
import { readSpiffeBundle } from '../../../pdp/trust/read-spiffe-bundle.ts'
import { createTestKey } from '../../support/keys.ts'

const bundle = JSON.stringify({
  spiffe_sequence: 7,
  spiffe_refresh_hint: 300,
  keys: [createTestKey('a', { use: 'jwt-svid' }).jwk, { kty: 'EC', use: 'x509-svid', x5c: ['MAMCAQE='] }],
})
const set = JSON.stringify({ keys: [createTestKey('a').jwk, createTestKey('b').jwk] })

/** A text with a few characters replaced, removed or doubled. */
const damaged = (text: string) =>
  fc
    .array(
      fc.tuple(
        fc.nat(text.length - 1),
        fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ':', ',', '0', '1e400', 'é'),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((changes) => changes.reduce((t, [at, put]) => t.slice(0, at) + put + t.slice(at + 1), text))

describe('whatever a text is, it is taken or refused, never thrown at', () => {
  test.each([
    ['a key set', set, readKeySet],
    ['a bundle', bundle, readSpiffeBundle],
  ])('%s', (_, text, read: (text: string) => { readonly ok: boolean }) => {
    expect(read(text)).toMatchObject({ ok: true })
    let taken = 0
    fc.assert(
      fc.property(fc.oneof(damaged(text), fc.string(), fc.json()), (text) => {
        const { ok } = read(text)
        if (ok) taken++
        return typeof ok === 'boolean'
      }),
      { seed: 7, numRuns: 2000 },
    )
    expect(taken, 'some damage does no harm').toBeGreaterThan(10)
    expect(taken, 'most does').toBeLessThan(1000)
  })
})

test('a text without its sequence is the same JSON but for that number', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (members, n) => {
        const others = JSON.stringify(members).slice(1)
        const text = `{"spiffe_sequence":${n}${others === '}' ? '' : ','}${others}`
        const lifted = liftSequence(text)
        expect(lifted.digits).toBe(n.toString())
        expect(JSON.parse(lifted.text)).toEqual(JSON.parse(text.replace(/:[0-9]+/, ':0')))
      },
    ),
    { seed: 7, numRuns: 1000 },
  )
})
