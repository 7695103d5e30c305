import { describe, expect, test } from 'vitest'
import { liftSequence } from '../../../pdp/trust/lift-sequence.ts'

describe('takes the digits out, and leaves 0 in their place', () => {
  test.each([
    ['{"spiffe_sequence":5}', '5', '{"spiffe_sequence":0}'],
    ['{ "spiffe_sequence" : 18446744073709551615 }', '18446744073709551615', '{ "spiffe_sequence" : 0 }'],
    ['{"keys":[{"a":[1]}],"spiffe_sequence":7,"z":1}', '7', '{"keys":[{"a":[1]}],"spiffe_sequence":0,"z":1}'],
    ['{"spiffe\\u005fsequence":8}', '8', '{"spiffe\\u005fsequence":0}'],
    ['{"a":"\\"}{\\\\","spiffe_sequence":9}', '9', '{"a":"\\"}{\\\\","spiffe_sequence":0}'],
    ['{"spiffe_sequence":1,"spiffe_sequence":2}', '1', '{"spiffe_sequence":0,"spiffe_sequence":2}'],
    ['{"spiffe_sequence":007}', '007', '{"spiffe_sequence":0}'],
  ])('%s', (text, digits, rest) => {
    expect(liftSequence(text)).toEqual({ text: rest, digits })
  })
})

describe('leaves alone', () => {
  test.each([
    '{"keys":[]}',
    '{"keys":[{"spiffe_sequence":5}]}',
    '["spiffe_sequence",5]',
    '{"a":"spiffe_sequence","b":5}',
    '{"spiffe_sequence":"5"}',
    '{"spiffe_sequence":-5}',
    '{"spiffe_sequence":5.5}',
    '{"spiffe_sequence":5e3}',
    '{"spiffe_sequence":null}',
    '{"spiffe_sequence":[5]}',
    '{"spiffe_sequences":5}',
    '{"spiffe_sequence',
    '{"bad\\escape":1}',
    '{spiffe_sequence:5}',
    '',
  ])('%s', (text) => {
    expect(liftSequence(text)).toEqual({ text })
  })
})

test('a broken text of half a megabyte costs one pass', () => {
  const started = performance.now()
  for (const text of ['"\\"'.repeat(174_000), '{'.repeat(524_288), `"${'\\'.repeat(524_287)}`, 'a'.repeat(524_288)]) {
    expect(liftSequence(text)).toEqual({ text })
  }
  expect(performance.now() - started).toBeLessThan(2000)
})
