import { describe, expect, test } from 'vitest'
import { contextConstructedTag, contextTag, type DerReader, derTags, readDer } from '../../../pdp/x509/der.ts'
import {
  oidText,
  readBitString,
  readBoolean,
  readInteger,
  readOid,
  rightAligned,
} from '../../../pdp/x509/der-values.ts'

const der = (hex: string): DerReader => readDer(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const nested = (levels: number): string => {
  let bytes = Buffer.from([derTags.null, 0])
  for (let i = 0; i < levels; i++) bytes = Buffer.concat([Buffer.from([derTags.sequence, bytes.length]), bytes])
  return bytes.toString('hex')
}
const deepest = (levels: number): void => {
  let reader = der(nested(levels))
  for (let i = 0; i < levels; i++) reader = reader.enter(derTags.sequence)
}

describe('elements', () => {
  test('are read in order, with their own bytes', () => {
    const reader = der('0500 020105 a003020101')
    expect(reader.isEmpty()).toBe(false)
    expect(reader.isNext(derTags.null)).toBe(true)
    expect(reader.element()).toMatchObject({ tag: derTags.null, bytes: Buffer.from('0500', 'hex') })
    expect(reader.content(derTags.integer)).toEqual(Buffer.from([5]))
    expect(reader.enterIfNext(contextConstructedTag(1))).toBeUndefined()
    expect(reader.enterIfNext(contextConstructedTag(0))?.element().content).toEqual(Buffer.from([1]))
    expect(reader.isEmpty()).toBe(true)
    expect(reader.isNext(derTags.null)).toBe(false)
    expect(() => reader.element()).toThrow('within a header')
    expect([contextTag(2), contextConstructedTag(2)]).toEqual([0x82, 0xa2])
  })

  test('of another tag are refused', () => {
    expect(der('0500').element(derTags.null).content).toHaveLength(0)
    expect(() => der('0500').element(derTags.integer)).toThrow('another')
  })

  test('nest up to 32 deep', () => {
    expect(() => deepest(32)).not.toThrow()
    expect(() => deepest(33)).toThrow('deep')
  })

  const filled = (header: string, length: number) => header + '00'.repeat(length)

  test.for([
    ['a length of one octet more than needed', filled('04817f', 127), filled('047f', 127)],
    ['a length with a leading zero', filled('04820080', 128), filled('048180', 128)],
    ['an indefinite length', '04800000', '0400'],
    ['more length octets than four', filled('04850000000080', 128), filled('048180', 128)],
    ['length octets that are cut off', '0482', filled('04820100', 256)],
    ['content that is cut off', '040200', '04020000'],
    ['content cut off by one of 2^31', '0484ffffffff00', '040100'],
    ['a tag above 30', '1f1f0100', '1e0100'],
    ['half a header', '04', '0400'],
  ] as const)('refused: %s', ([, bad, good]) => {
    expect(() => der(good).element()).not.toThrow()
    expect(() => der(bad).element()).toThrow(/^(?:DER|another)/)
  })
})

describe('values', () => {
  test.for([
    ['020100', 0n],
    ['02017f', 127n],
    ['02020080', 128n],
    ['0201ff', -1n],
    ['020180', -128n],
    ['0202ff7f', -129n],
    ['0209010000000000000000', 2n ** 64n],
  ] as const)('integer %s', ([hex, value]) => {
    expect(readInteger(der(hex))).toBe(value)
  })

  test('an integer may be tagged implicitly', () => {
    expect(readInteger(der('800105'), contextTag(0))).toBe(5n)
  })

  test.for([
    ['empty integer', '0200', '020100', readInteger],
    ['integer with a zero too many', '0202007f', '02017f', readInteger],
    ['negative integer with an octet too many', '0202ff80', '020180', readInteger],
    ['true that is not 255', '010101', '0101ff', readBoolean],
    ['boolean of two octets', '0102ffff', '010100', readBoolean],
    ['bit string without its first octet', '0300', '030100', readBitString],
    ['eight unused bits', '03020800', '03020700', readBitString],
    ['unused bits of nothing', '030101', '030100', readBitString],
    ['unused bits that are set', '03020401', '03020410', readBitString],
    ['empty OID', '0600', '060100', readOid],
    ['OID that is cut off', '06022a86', '06032a8648', readOid],
    ['OID with a leading zero', '06032a8001', '06022a01', readOid],
    ['OID component of 2^31', '06062a8880808000', '06062a87ffffff7f', readOid],
  ] as const)('refused: %s', ([, bad, good, read]) => {
    expect(() => read(der(good))).not.toThrow()
    expect(() => read(der(bad))).toThrow(Error)
  })

  test('booleans', () => {
    expect([readBoolean(der('0101ff')), readBoolean(der('010100'))]).toEqual([true, false])
  })

  test.for([
    ['06032a8648', '1.2.840'],
    ['0603551d20', '2.5.29.32'],
    ['06028837', '2.999'],
    ['060127', '0.39'],
    ['06014f', '1.39'],
    ['060150', '2.0'],
  ] as const)('OID %s is %s', ([hex, text]) => {
    expect(readOid(der(hex))).toBe(text)
  })

  test('an OID as text may be of any size up to 4096 octets', () => {
    expect(oidText(Buffer.from('2a88808080808080808000', 'hex'))).toBe(`1.2.${8n * 2n ** 63n}`)
    const long = (octets: number) => Buffer.concat([Buffer.alloc(octets - 1, 0x81), Buffer.from([1])])
    expect(oidText(long(4096))).toMatch(/^2\.\d+$/)
    expect(() => oidText(long(4097))).toThrow('too long')
  })

  test('bits are aligned to the right', () => {
    expect(rightAligned(readBitString(der('03020440')))).toEqual(Buffer.from([4]))
    expect(rightAligned(readBitString(der('030304abc0')))).toEqual(Buffer.from([0x0a, 0xbc]))
    expect(rightAligned(readBitString(der('030300abcd')))).toEqual(Buffer.from([0xab, 0xcd]))
  })
})
