import { describe, expect, test } from 'vitest'
import { createHpackDecoder } from '../../../../pdp/doors/http2/hpack/decoder.ts'
import { decodeHuffman } from '../../../../pdp/doors/http2/hpack/huffman.ts'
import { nothingKept, writeFields } from '../../../../pdp/doors/http2/hpack/write-fields.ts'

/** What a decoder makes of blocks, one after another: the fields of each, or `undefined` where it is none. */
function decodeAll(blocks: readonly (string | Buffer)[]) {
  const decoder = createHpackDecoder()
  return blocks.map((block) => {
    const fields: string[] = []
    const isBlock = decoder.decode(Buffer.from(block as string, 'hex'), ([name, value]) =>
      fields.push(`${name}: ${value}`),
    )
    return isBlock ? fields : undefined
  })
}

const get = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com']
const getAgain = [...get, 'cache-control: no-cache']
const getOther = [
  ':method: GET',
  ':scheme: https',
  ':path: /index.html',
  ':authority: www.example.com',
  'custom-key: custom-value',
]
const [monday, later] = ['Mon, 21 Oct 2013 20:13:21 GMT', 'Mon, 21 Oct 2013 20:13:22 GMT']
const home = 'location: https://www.example.com'
const answers = [
  [':status: 302', 'cache-control: private', `date: ${monday}`, home],
  [':status: 307', 'cache-control: private', `date: ${monday}`, home],
  [
    ':status: 200',
    'cache-control: private',
    `date: ${later}`,
    home,
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
]
const roomFor256 = '3fe101' // the table of these examples

describe('the examples of RFC 7541', () => {
  const rows: readonly (readonly [string, readonly string[], readonly (readonly string[])[]])[] = [
    ['C.2.1', ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'], [['custom-key: custom-header']]],
    ['C.2.2', ['040c2f73616d706c652f70617468'], [[':path: /sample/path']]],
    ['C.2.3', ['100870617373776f726406736563726574'], [['password: secret']]],
    ['C.2.4', ['82'], [[':method: GET']]],
    [
      'C.3',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
      [get, getAgain, getOther],
    ],
    [
      'C.4, with Huffman codes',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
      [get, getAgain, getOther],
    ],
    [
      'C.5, with eviction',
      [
        `${roomFor256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
        '4803333037c1c0bf',
        '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
      ],
      answers,
    ],
    [
      'C.6, with eviction and Huffman codes',
      [
        `${roomFor256}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
        '4883640effc1c0bf',
        '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
      ],
      answers,
    ],
  ]
  test.each(rows)('%s', (_, blocks, fields) => {
    expect(decodeAll(blocks)).toEqual(fields)
  })
})

describe('what is no block, beside one that is', () => {
  const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['an index of 0', ['82'], ['80']],
    ['an index beyond both tables', ['4001610162', 'be'], ['4001610162', 'bf']],
    ['a literal whose name is not there', ['0f0d0161'], ['0fff010161']],
    ['an integer that never ends', ['3fe11f'], [`3f${'ff'.repeat(20)}00`]],
    ['an integer that the block ends within', ['3fe11f'], ['3fe1']],
    ['a string longer than the block', ['4001610162'], ['4001610562']],
    ['a table greater than was offered', ['3fe11f'], ['3fe21f']],
    ['a change of the table behind a field', ['2082'], ['8220']],
    ['what was evicted', ['4001610162', 'be'], ['4001610162', '20', 'be']],
    ['a Huffman code that ends within a symbol', ['000161811f'], ['000161811e']],
    ['Huffman padding of zeros', ['000161811f'], ['0001618118']],
    ['Huffman padding of a whole byte', ['000161811f'], ['000161821fff']],
    ['the Huffman code of the end', ['000161811f'], ['00016184ffffffff']],
  ]
  test.each(rows)('%s', (_, good, bad) => {
    expect(decodeAll(good)).not.toContain(undefined)
    expect(decodeAll(bad).at(-1)).toBeUndefined()
  })
})

test('a field that is greater than the table empties it, and is no error', () => {
  const value = Buffer.alloc(5_000, 0x61)
  const block = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, ...lengthBytes(5_000 - 127)]), value])
  expect(decodeAll(['4001610162', 'be', block.toString('hex'), 'be'])).toEqual([
    ['a: b'],
    ['a: b'],
    [`x: ${value.toString()}`],
    undefined,
  ])
})

const lengthBytes = (rest: number): number[] => (rest < 128 ? [rest] : [(rest & 127) | 128, ...lengthBytes(rest >>> 7)])

test('the shortest and the longest code of RFC 7541 Appendix B', () => {
  expect(decodeHuffman(Buffer.from('1f', 'hex'))).toBe('a')
  expect(decodeHuffman(Buffer.from('fffffff3', 'hex'))).toBe('\n')
})

test('what is written is read again, and keeps nothing', () => {
  const fields = [
    [':status', '200'],
    ['content-type', 'application/grpc'],
    ['grpc-status', '0'],
    ['x-long', 'x'.repeat(300)],
  ] as const
  const block = Buffer.concat([nothingKept, writeFields(fields)])
  expect(decodeAll([block.toString('hex')])).toEqual([fields.map(([name, value]) => `${name}: ${value}`)])
})
