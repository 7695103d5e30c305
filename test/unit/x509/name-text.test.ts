import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDer } from '../../../pdp/x509/der.ts'
import { readName } from '../../../pdp/x509/name.ts'
import { nameText } from '../../../pdp/x509/name-text.ts'
import { readNameText } from '../../../pdp/x509/read-name-text.ts'
import { der, oid, sequence, set, text } from '../../support/der.ts'

const keyOf = (name: string): string | undefined => {
  const read = readNameText(name)
  return read.ok ? read.value.key : undefined
}
const attribute = (type: string, value: string) => sequence(oid(type), der(0x0c, Buffer.from(value)))
const parsed = (...rdns: readonly Buffer[]) => readName(readDer(sequence(...rdns)))

describe('a name as RFC 4514 writes it', () => {
  test.each([
    [
      'UID=jsmith,DC=example,DC=net',
      parsed(
        set(attribute('0.9.2342.19200300.100.1.25', 'net')),
        set(attribute('0.9.2342.19200300.100.1.25', 'example')),
        set(attribute('0.9.2342.19200300.100.1.1', 'jsmith')),
      ),
    ],
    [
      'OU=Sales+CN=J.  Smith,O=Example',
      parsed(
        set(attribute('2.5.4.10', 'example')),
        set(attribute('2.5.4.3', 'J. Smith'), attribute('2.5.4.11', 'Sales')),
      ),
    ],
    [String.raw`CN=James \"Jim\" Smith\, III`, parsed(set(attribute('2.5.4.3', 'James "Jim" Smith, III')))],
    [String.raw`CN=Before\0dAfter`, parsed(set(attribute('2.5.4.3', 'Before\rAfter')))],
    ['1.3.6.1.4.1.1466.0=#04024869', parsed(set(sequence(oid('1.3.6.1.4.1.1466.0'), der(0x04, Buffer.from('Hi')))))],
    [String.raw`CN=Lu\C4\8Di\C4\87`, parsed(set(attribute('2.5.4.3', 'Lučić')))],
    ['cn=printable', parsed(set(sequence(oid('2.5.4.3'), text(0x13, 'PRINTABLE'))))],
  ])('%s', (name, expected) => {
    expect(keyOf(name)).toBe(expected.key)
  })

  test.each([
    '',
    ',',
    'CN',
    '=x',
    'CN=a,',
    'CN=a+',
    ',CN=a',
    'CN= a',
    'CN=a ',
    'CN=#zz',
    'CN=#04',
    'CN=a"b',
    'CN=a;O=b',
    'CN=a<b',
    String.raw`CN=a\x`,
    String.raw`CN=\C4`,
    'XX=a',
    '2.=a',
    'CN=a\u0000b',
  ])('`%s` is none', (name) => {
    expect(readNameText(name)).toMatchObject({ ok: false, clause: 'rfc4514-3-name' })
  })

  test('the order of parts counts, the order within one does not', () => {
    expect(keyOf('CN=a,O=b')).not.toBe(keyOf('O=b,CN=a'))
    expect(keyOf('CN=a+O=b')).toBe(keyOf('O=b+CN=a'))
    expect(keyOf('CN=a+O=b')).not.toBe(keyOf('CN=a,O=b'))
  })

  test('every name that is written is read again as the same', () => {
    const values = fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(values, fc.constantFrom('2.5.4.3', '2.5.4.10', '1.2.3.4'), (all, type) => {
        const name = parsed(...all.map((value) => set(attribute(type, value.toWellFormed()))))
        expect(keyOf(nameText(name))).toBe(name.key)
      }),
      { numRuns: 1_000 },
    )
  })
})
