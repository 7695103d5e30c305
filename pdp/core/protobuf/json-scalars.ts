import type { JsonValue } from '../json.ts'
import type { KnownField, KnownTypes } from './known-types.ts'
import { bool, bytes, double, int32, int64, type ScalarType, string, uint32, uint64 } from './types.ts'
import { type WireReader, type WireType, wireTypes } from './wire-reader.ts'

/** A scalar read as its JSON form. */
export interface JsonScalar {
  readonly wire: WireType
  readonly zero: JsonValue
  read(from: WireReader): JsonValue
}

const scalar = <T>(type: ScalarType<T>, toJson: (value: T) => JsonValue): JsonScalar => ({
  wire: type.wire,
  zero: toJson(type.zero),
  read: (from) => toJson(type.read(from)),
})

const fixed = (wire: WireType, zero: JsonValue, read: (from: WireReader) => JsonValue): JsonScalar => ({
  wire,
  zero,
  read,
})

const same = (value: number): JsonValue => value
/** JSON has no name for these: they are texts. */
const float = (value: number): JsonValue => (Number.isFinite(value) ? value : String(value))
const text = (value: bigint): JsonValue => String(value)
const zigzag = (value: bigint): bigint => (value >> 1n) ^ -(value & 1n)

const view = new DataView(new ArrayBuffer(4))
function floatOf(bits: number): number {
  view.setUint32(0, bits)
  // the shortest decimal that is this float and no other, as other writers of JSON have it
  return shortest(view.getFloat32(0))
}

function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === value) return rounded
  }
  return value
}

/** By `FieldDescriptorProto.Type`. Groups (10) and messages (11) are no scalars. */
const scalars: ReadonlyMap<number, JsonScalar> = new Map([
  [1, scalar(double, float)],
  [2, fixed(wireTypes.fixed32, 0, (from) => float(floatOf(from.fixed32())))],
  [3, scalar(int64, text)],
  [4, scalar(uint64, text)],
  [5, scalar(int32, same)],
  [6, fixed(wireTypes.fixed64, '0', (from) => text(from.fixed64()))],
  [7, fixed(wireTypes.fixed32, 0, (from) => from.fixed32())],
  [8, scalar(bool, (value) => value)],
  [9, scalar(string, (value) => value)],
  [12, scalar(bytes, (value) => Buffer.from(value).toString('base64'))],
  [13, scalar(uint32, same)],
  [15, fixed(wireTypes.fixed32, 0, (from) => from.fixed32() | 0)],
  [16, fixed(wireTypes.fixed64, '0', (from) => text(BigInt.asIntN(64, from.fixed64())))],
  [17, fixed(wireTypes.varint, 0, (from) => Number(BigInt.asIntN(32, zigzag(from.varint()))))],
  [18, fixed(wireTypes.varint, '0', (from) => text(BigInt.asIntN(64, zigzag(from.varint()))))],
])

const enumType = 14
const nullValue = '.google.protobuf.NullValue'

/** How a field's values are read; undefined where they are messages. A number without a name stands as itself. */
export function scalarOf({ type, typeName }: KnownField, { enums }: KnownTypes): JsonScalar | undefined {
  if (type !== enumType) return scalars.get(type)
  if (typeName === nullValue) return scalar(int32, () => null)
  const names = enums.get(typeName)
  return scalar(int32, (value) => names?.get(value) ?? value)
}
