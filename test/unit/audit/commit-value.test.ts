import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalValue, commitmentOf, commitUnder, nonceOf, opensWith } from '../../../pdp/audit/commit-value.ts'
import { disclose } from '../../../pdp/audit/verify/disclosure.ts'
import type { JsonValue } from '../../../pdp/core/json.ts'

const key = Buffer.alloc(32, 7)
const commit = commitUnder(key)

test('the form of RFC 8785', () => {
  const value = { b: [1, 1e21, -0, 0.000001], a: { '\u20ac': null, '\r': true, '\ud83d\ude00': 'é\n"' } }
  expect(canonicalValue(value)).toBe('{"a":{"\\r":true,"€":null,"😀":"é\\n\\""},"b":[1,1e+21,0,0.000001]}')
})

test('equal values commit to different texts in each record and field, so that one opened tells of no other', () => {
  const all = ['0199-a', '0199-b'].flatMap((record) => ['/a', '/b'].map((field) => commit(record, field, 'alice')))
  expect(new Set(all).size).toBe(4)
  // what is joined has its length before it: no two pairs are one text
  expect(nonceOf(key, 'a', 'b/c')).not.toEqual(nonceOf(key, 'ab', '/c'))
})

test('whoever lacks the nonce cannot tell which of two values it is: digests of guesses do not match', () => {
  const commitment = commit('0199-a', '/ok', true)
  for (const guess of [true, false])
    for (const nonce of [Buffer.alloc(32), nonceOf(Buffer.alloc(32), '0199-a', '/ok'), nonceOf(key, '0199-b', '/ok')])
      expect(opensWith(commitment, nonce, guess)).toBe(false)
  expect(opensWith(commitment, nonceOf(key, '0199-a', '/ok'), true)).toBe(true)
  expect(opensWith(commitment, nonceOf(key, '0199-a', '/ok'), false)).toBe(false)
})

test('any JSON value opens its own commitment, and none that differs', () => {
  const json = fc.jsonValue().map((value) => value as JsonValue) // what it makes is JSON
  fc.assert(
    fc.property(json, json, (value, other) => {
      const nonce = nonceOf(key, 'id', '/x')
      const commitment = commitmentOf(nonce, value)
      expect(opensWith(commitment, nonce, JSON.parse(JSON.stringify(value)) as JsonValue)).toBe(true)
      expect(opensWith(commitment, nonce, other)).toBe(canonicalValue(value) === canonicalValue(other))
    }),
  )
})

test('a secret that was replaced opens what was committed under it; without it nothing opens', () => {
  const record = JSON.stringify({ id: '0199-a', commit: { '/subject/id': commit('0199-a', '/subject/id', 'alice') } })
  const open = (keys: readonly Buffer[], values: readonly JsonValue[]) =>
    disclose({ record, proof: '' }, '/subject/id', { keys, values })
  expect(open([Buffer.alloc(32, 9), key], ['bob', 'alice'])).toMatchObject({ value: 'alice' })
  expect(open([Buffer.alloc(32, 9)], ['alice'])).toMatch(/another value, or under a secret/)
  expect(open([key], ['bob'])).toMatch(/another value/)
  expect(open([key], [])).toMatch(/--value/)
  expect(disclose({ record, proof: '' }, '/subject', { keys: [key], values: [1] })).toMatch(/commits to nothing/)
})
