import { describe, expect, test } from 'vitest'
import { map, one, optional, repeated } from '../../../pdp/core/protobuf/fields.ts'
import {
  lazy,
  message,
  type MessageOf,
  protobufClauses,
  type ProtobufLimits,
  readMessage,
  writeMessage,
} from '../../../pdp/core/protobuf/message.ts'
import {
  bool,
  bytes,
  double,
  int32,
  int64,
  type ProtobufType,
  string,
  uint32,
  uint64,
} from '../../../pdp/core/protobuf/types.ts'
import { refusesOnly } from '../../support/twin.ts'

const limits: ProtobufLimits = { bytes: 1024, depth: 4, fields: 20 }

const inner = message({ name: one(1, string) })
interface Tree {
  readonly child?: Tree | undefined
}
const tree: ProtobufType<Tree> = message({
  child: optional(
    1,
    lazy(() => tree),
  ),
})
const outer = message({
  text: one(1, string),
  raw: one(2, bytes),
  on: one(3, bool),
  small: one(4, uint32),
  signed: one(5, int32),
  large: one(6, uint64),
  low: one(7, int64),
  ratio: one(8, double),
  inner: optional(9, inner),
  names: repeated(10, string),
  numbers: repeated(11, uint32),
  labels: map(12, string, string),
  maybe: optional(13, bool),
  tree: optional(14, tree),
})
type Outer = MessageOf<typeof outer>

const empty: Outer = {
  text: '',
  raw: Buffer.alloc(0),
  on: false,
  small: 0,
  signed: 0,
  large: 0n,
  low: 0n,
  ratio: 0,
  names: [],
  numbers: [],
  labels: new Map(),
}

const read = (hex: string) =>
  readMessage(outer, Buffer.from(hex.replaceAll(' ', ''), 'hex'), limits, 'CREDENTIAL_MALFORMED')

describe('what stands on the wire', () => {
  // the first three are the examples of the encoding's own documentation, with other field numbers
  test.for<[name: string, hex: string, members: Partial<Outer>]>([
    ['a number', '20 9601', { small: 150 }],
    ['a text', '0a 07 74657374696e67', { text: 'testing' }],
    ['packed numbers', '5a 06 03 8e02 9ea705', { numbers: [3, 270, 86_942] }],
    ['bytes', '12 02 00ff', { raw: Buffer.from([0, 255]) }],
    ['a truth', '18 01', { on: true }],
    ['a negative number', '28 feffffffffffffffff01', { signed: -2 }],
    ['the largest number', '30 ffffffffffffffffff01', { large: 2n ** 64n - 1n }],
    ['the lowest number', '38 80808080808080808001', { low: -(2n ** 63n) }],
    ['a fraction', '41 000000000000f83f', { ratio: 1.5 }],
    ['a message', '4a 03 0a0161', { inner: { name: 'a' } }],
    ['a message of nothing', '4a 00', { inner: { name: '' } }],
    ['texts', '52 01 61 52 00', { names: ['a', ''] }],
    ['a map', '62 06 0a0161 120162', { labels: new Map([['a', 'b']]) }],
    ['a false that is there', '68 00', { maybe: false }],
    ['a message in itself', '72 02 0a00', { tree: { child: {} } }],
    ['a replacement character that was sent', '0a 03 efbfbd', { text: '\ufffd' }],
  ])('%s is read, and written alike', ([, hex, members]) => {
    const value = { ...empty, ...members }
    expect(read(hex)).toEqual({ ok: true, value })
    expect(writeMessage(outer, value).toString('hex')).toBe(hex.replaceAll(' ', ''))
  })

  test.for<[name: string, hex: string, members: Partial<Outer>]>([
    ['nothing', '', {}],
    ['a zero', '20 00', {}],
    ['a number that is not packed', '58 03 58 04', { numbers: [3, 4] }],
    ['a number in more bytes than it needs', '20 968100', { small: 150 }],
    ['any number but 0 as true', '18 05', { on: true }],
    ['an entry of a map without its key', '62 03 120162', { labels: new Map([['', 'b']]) }],
    ['unknown fields of every type', '8006 01 8106 0102030405060708 8206 01ff 8506 01020304 20 01', { small: 1 }],
  ])('%s is read', ([, hex, members]) => expect(read(hex)).toEqual({ ok: true, value: { ...empty, ...members } }))
})

test.for<[name: string, bad: string, good: string, clause: string]>([
  ['a text that ends early', '0a 02 61', '0a 02 6162', protobufClauses.truncated],
  ['a number that ends early', '20 96', '20 9601', protobufClauses.truncated],
  ['a fraction that ends early', '41 00000000000000', '41 0000000000000000', protobufClauses.truncated],
  ['a length beyond all bytes', '0a ffffffff0f', '0a 00', protobufClauses.truncated],
  ['a length of more than 32 bits', '0a 8080808010', '0a 00', protobufClauses.varint],
  ['a number of 65 bits', '30 ffffffffffffffffff02', '30 ffffffffffffffffff01', protobufClauses.varint],
  ['a number of 11 bytes', '30 8080808080808080808000', '30 80808080808080808000', protobufClauses.varint],
  ['a field of number 0', '00 00', '20 00', protobufClauses.tag],
  ['a group', '1b 1c', '18 00', protobufClauses.tag],
  ['a text where a number belongs', '22 00', '20 00', protobufClauses.type],
  ['a number where a text belongs', '08 00', '0a 00', protobufClauses.type],
  ['a number where texts belong', '50 00', '52 00', protobufClauses.type],
  ['a number where a map belongs', '60 00', '62 00', protobufClauses.type],
  ['a field that stands twice', '20 01 20 01', '20 01', protobufClauses.twice],
  ['a message that stands twice', '4a 00 4a 00', '4a 00', protobufClauses.twice],
  ['a key that stands twice', '62 03 0a0161 62 03 0a0161', '62 03 0a0161 62 03 0a0162', protobufClauses.twice],
  ['a text that is not UTF-8', '0a 01 ff', '12 01 ff', protobufClauses.text],
  ['a number of more than 32 bits', '20 8080808010', '20 ffffffff0f', protobufClauses.range],
  ['a signed number above 31 bits', '28 8080808008', '28 ffffffff07', protobufClauses.range],
  ['a message too deep', '72 08 0a06 0a04 0a02 0a00', '72 06 0a04 0a02 0a00', protobufClauses.depth],
  ['too many fields', `${'5800'.repeat(21)}`, `${'5800'.repeat(20)}`, protobufClauses.count],
  ['too many unknown fields', `${'8006 00'.repeat(21)}`, `${'8006 00'.repeat(20)}`, protobufClauses.count],
  ['too many bytes', `12 ff07 ${'00'.repeat(1023)}`, `12 fd07 ${'00'.repeat(1021)}`, protobufClauses.size],
])('refused: %s', ([, bad, good, clause]) => refusesOnly(read, good, bad, { code: 'CREDENTIAL_MALFORMED', clause }))

test('two fields of one number are a mistake of whoever wrote them', () => {
  expect(() => message({ a: one(1, string), b: one(1, bytes) })).toThrow('one number')
})
