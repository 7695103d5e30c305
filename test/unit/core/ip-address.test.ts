import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readIpAddress } from '../../../pdp/core/ip-address.ts'

const hex = (text: string) => {
  const bytes = readIpAddress(text)
  return bytes && Buffer.from(bytes).toString('hex')
}

test.each([
  ['10.0.0.1', '0a000001'],
  ['::', '00'.repeat(16)],
  ['::1', `${'00'.repeat(15)}01`],
  ['2001:db8::1', '20010db8000000000000000000000001'],
  ['2001:DB8:0:0:0:0:0:1', '20010db8000000000000000000000001'],
  ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
  ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
])('%s', (text, expected) => {
  expect(hex(text)).toBe(expected)
})

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '256.1.1.1',
  '1.2.3.4 ',
  ':',
  ':::',
  '1::2::3',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7',
  '12345::',
  'g::',
  '::1%eth0',
  '1.2.3.4::',
  '::1.2.3',
  '1:2:3:4:5:6:7:8::',
])('`%s` is none', (text) => {
  expect(hex(text)).toBeUndefined()
})

test('whatever it reads Node reads too, and as the same address', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/))
  fc.assert(
    fc.property(address, (text) => {
      const bytes = readIpAddress(text)
      expect(bytes !== undefined).toBe(isIP(text) !== 0)
      if (!bytes) return
      const groups = Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []
      const plain = bytes.length === 4 ? [...bytes].join('.') : groups.join(':')
      const family = bytes.length === 4 ? 'ipv4' : 'ipv6'
      const list = new BlockList()
      list.addAddress(plain, family)
      expect(list.check(text, family)).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
