import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { map, one, optional, repeated } from '../../../pdp/core/protobuf/fields.ts'
import { lazy, message, type ProtobufLimits, readMessage, writeMessage } from '../../../pdp/core/protobuf/message.ts'
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

interface Node {
  readonly text: string
  readonly raw: Uint8Array
  readonly on?: boolean | undefined
  readonly small: number
  readonly signed: number
  readonly large: bigint
  readonly low: bigint
  readonly ratio: number
  readonly names: readonly string[]
  readonly numbers: readonly bigint[]
  readonly labels: ReadonlyMap<string, Uint8Array>
  readonly children: readonly Node[]
}

const node: ProtobufType<Node> = message({
  text: one(1, string),
  raw: one(2, bytes),
  on: optional(3, bool),
  small: one(4, uint32),
  signed: one(5, int32),
  large: one(6, uint64),
  low: one(7, int64),
  ratio: one(8, double),
  names: repeated(16, string),
  numbers: repeated(17, int64),
  labels: map(2047, string, bytes),
  children: repeated(
    2048,
    lazy(() => node),
  ),
})

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed())
const raw = fc.uint8Array({ maxLength: 20 }).map((value) => Buffer.from(value))
const { value } = fc.letrec<{ value: Node }>((tie) => ({
  value: fc.record({
    text,
    raw,
    on: fc.option(fc.boolean(), { nil: undefined }),
    small: fc.nat(0xffff_ffff),
    signed: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    large: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    low: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    ratio: fc.double(),
    names: fc.array(text, { maxLength: 4 }),
    numbers: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 4 }),
    labels: fc.array(fc.tuple(text, raw), { maxLength: 4 }).map((entries) => new Map(entries)),
    children: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('value'), { maxLength: 2 })),
  }),
}))

const limits: ProtobufLimits = { bytes: 1_000_000, depth: 40, fields: 100_000 }
const read = (wire: Uint8Array) => readMessage(node, wire, limits, 'CREDENTIAL_MALFORMED')
const runs = { numRuns: 1000, seed: 11 }

describe('protobuf', () => {
  test('what was written is read', () => {
    fc.assert(
      fc.property(value, (written) => {
        expect(read(writeMessage(node, written))).toEqual({ ok: true, value: written })
      }),
      runs,
    )
  })

  test('any bytes are read or refused, and what was read is written so that it is read again', () => {
    let [taken, refused] = [0, 0]
    const wire = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((some) => Buffer.from(some)),
      fc.tuple(value, fc.nat(), fc.nat(255)).map(([written, at, byte]) => {
        const bent = writeMessage(node, written)
        if (bent.length > 0) bent[at % bent.length] = byte
        return bent
      }),
    )
    fc.assert(
      fc.property(wire, (some) => {
        const first = read(some)
        if (first.ok) {
          taken++
          expect(read(writeMessage(node, first.value))).toEqual(first)
        } else refused++
      }),
      runs,
    )
    expect(Math.min(taken, refused), 'both were seen').toBeGreaterThan(50)
  })

  test('every beginning of a message is read or refused, and none as the whole', () => {
    fc.assert(
      fc.property(value, (written) => {
        const wire = writeMessage(node, written)
        const whole = read(wire)
        for (let length = 0; length < wire.length; length++) expect(read(wire.subarray(0, length))).not.toEqual(whole)
      }),
      { ...runs, numRuns: 60 },
    )
  })
})
