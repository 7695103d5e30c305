import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameReader } from '../../../pdp/doors/http2/frame-reader.ts'
import { clientPreface, frameOf } from '../../../pdp/doors/http2/frames.ts'
import { createHeadReader } from '../../../pdp/doors/http2/head-reader.ts'
import { createHpackDecoder } from '../../../pdp/doors/http2/hpack/decoder.ts'
import { decodeHuffman } from '../../../pdp/doors/http2/hpack/huffman.ts'
import { writeFields } from '../../../pdp/doors/http2/hpack/write-fields.ts'
import { readSettings } from '../../../pdp/doors/http2/settings.ts'

// Readers of frames and header fields, on anything at all.

const runs = { numRuns: 500 }
const longest = 16_384
const bytes = fc.uint8Array({ maxLength: 400 }).map((value) => Buffer.from(value))

interface Seen {
  readonly frames: readonly string[]
  readonly fault: string | undefined
}

/** What a reader makes of bytes that come in these pieces. */
function readIn(pieces: readonly Buffer[]): Seen {
  const frames: string[] = []
  const reader = createFrameReader(longest, (type, flags, stream, payload) => {
    frames.push(`${type} ${flags} ${stream} ${payload.toString('hex')}`)
    return true
  })
  for (const piece of pieces) {
    const fault = reader.read(piece)
    if (fault) return { frames, fault }
  }
  return { frames, fault: undefined }
}

function cut(whole: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [0, ...places.map((place) => place % (whole.length + 1)), whole.length].toSorted((a, b) => a - b)
  return at.slice(1).map((end, i) => whole.subarray(at[i], end))
}

const frame = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(2 ** 31 - 1), bytes)
  .map(([type, flags, stream, payload]) => frameOf(type, flags, stream, payload))

test('frames are the same in whatever pieces they come', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), bytes, fc.array(fc.nat()), (frames, rest, places) => {
      const whole = Buffer.concat([clientPreface, ...frames, rest])
      const seen = readIn([whole])
      expect(readIn(cut(whole, places))).toEqual(seen)
      expect(seen.frames.slice(0, frames.length)).toHaveLength(frames.length)
    }),
    runs,
  )
})

test('one byte at a time is the same, too', () => {
  const whole = Buffer.concat([
    clientPreface,
    frameOf(0, 1, 3, Buffer.alloc(300, 7)),
    frameOf(6, 0, 0, Buffer.alloc(8)),
  ])
  expect(readIn([...whole].map((byte) => Buffer.from([byte])))).toEqual(readIn([whole]))
})

test('no bytes make a reader of header fields, codes or settings throw, or hand over more than they hold', () => {
  fc.assert(
    fc.property(fc.array(bytes, { minLength: 1, maxLength: 4 }), (blocks) => {
      const decoder = createHpackDecoder()
      for (const block of blocks) {
        let count = 0
        decoder.decode(block, () => count++)
        expect(count).toBeLessThanOrEqual(block.length)
        decodeHuffman(block)
        readSettings(block)
      }
    }),
    { numRuns: 3_000 },
  )
})

const lower = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789-_'),
  minLength: 1,
  maxLength: 20,
})
const value = fc.string({ unit: fc.constantFrom(...'abcXYZ019 ,;=/-%é\x7f'), maxLength: 40 }).map((text) => text.trim())
const fields = fc.array(fc.tuple(lower, value), { maxLength: 10 })
const pseudo = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/x'],
] as const

test('blocks that come again are what they were, whatever the table did meanwhile', () => {
  const keeping = (list: readonly (readonly [string, string])[]): Buffer =>
    Buffer.concat(list.map(([name, text]) => Buffer.concat([Buffer.from([0x40]), string(name), string(text)])))
  const string = (text: string) => {
    const content = Buffer.from(text, 'latin1')
    return Buffer.concat([Buffer.from([content.length]), content])
  }
  /** A step: fields that are kept, an index that names one of the table, or another size of it. */
  const step = fc.oneof(
    fields.map((list) => keeping(list)),
    fc.nat(8).map((index) => Buffer.from([0x80 | (62 + index)])),
    fc.constantFrom(Buffer.from([0x20]), Buffer.from([0x3f, 0xe1, 0x1f])),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { minLength: 2, maxLength: 20 }), (steps) => {
      const known = createHeadReader((head) => head)
      const plain = createHpackDecoder()
      for (const [bytesOfStep, isFirst] of steps) {
        const block = Buffer.concat(isFirst ? [bytesOfStep, writeFields(pseudo)] : [writeFields(pseudo), bytesOfStep])
        const list: (readonly [string, string])[] = []
        const isBlock = plain.decode(block, (each) => void list.push(each))
        const outcome = known.request(block)
        expect(outcome.kind === 'lost').toBe(!isBlock)
        if (!isBlock) return
        if (outcome.kind !== 'route') continue
        const expected: Record<string, string> = {}
        for (const [name, text] of list) {
          if (!name.startsWith(':')) expected[name] = name in expected ? `${expected[name]}, ${text}` : text
        }
        expect({ ...outcome.route.headers }).toEqual(expected)
      }
    }),
    { numRuns: 1_000 },
  )
})
