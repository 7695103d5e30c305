import { expect, test } from 'vitest'
import { decodeBase64url } from '../../../pdp/jose/base64url.ts'

test.for([
  ['', ''],
  ['AA', '00'],
  ['AAA', '0000'],
  ['AAAA', '000000'],
  ['-_8', 'fbff'],
] as const)('%j decodes to %s', ([text, hex]) => expect(decodeBase64url(text)?.toString('hex')).toBe(hex))

test.for([
  ['one character', 'A'],
  ['padding', 'AA=='],
  ['padding of three', 'AAA='],
  ['trailing bits of two characters', 'AB'],
  ['trailing bits of three characters', 'AAB'],
  ['base64 plus', '+_8'],
  ['base64 slash', '-/8'],
  ['a space', 'AA AA'],
  ['a line feed at the end', 'AAAA\n'],
  ['a dot', 'AA.AA'],
  ['a question mark', 'AA?AA'],
  ['NUL', 'AAAA\u0000'],
  ['a character with the low byte of A', '\u0141AAA'],
] as const)('%s is refused', ([, text]) => expect(decodeBase64url(text)).toBeUndefined())
