import { ProtobufFault, type WireReader, type WireType, wireTypes } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/** A type of protobuf: how its values stand on the wire, without the tag. */
export interface ProtobufType<T> {
  readonly wire: WireType
  read(from: WireReader): T
  write(to: WireWriter, value: T): void
}

/** A type whose fields have a value also where they do not stand (proto3, implicit presence). */
export interface ScalarType<T> extends ProtobufType<T> {
  readonly zero: T
  isZero(value: T): boolean
}

const scalar = <T>(
  wire: WireType,
  zero: T,
  read: (from: WireReader) => T,
  write: (to: WireWriter, value: T) => void,
  isZero: (value: T) => boolean = (value) => Object.is(value, zero),
): ScalarType<T> => ({ wire, zero, isZero, read, write })

export const string = scalar<string>(
  wireTypes.bytes,
  '',
  (from) => from.text(),
  (to, value) => to.text(value),
)

const noBytes: Uint8Array = Buffer.alloc(0)

/** A view of the bytes read: copy what is kept for long. */
export const bytes = scalar<Uint8Array>(
  wireTypes.bytes,
  noBytes,
  (from) => from.bytes(),
  (to, value) => to.bytes(value),
  (value) => value.length === 0,
)

export const bool = scalar<boolean>(
  wireTypes.varint,
  false,
  (from) => from.varint() !== 0n,
  (to, value) => to.varint(value ? 1 : 0),
)

export const uint64 = scalar<bigint>(
  wireTypes.varint,
  0n,
  (from) => from.varint(),
  (to, value) => to.varint(BigInt.asUintN(64, value)),
)

/** Negative values stand as their two's complement of 64 bits. */
export const int64 = scalar<bigint>(
  wireTypes.varint,
  0n,
  (from) => BigInt.asIntN(64, from.varint()),
  (to, value) => to.varint(BigInt.asUintN(64, value)),
)

const within = (value: bigint, least: bigint, most: bigint): number => {
  if (value < least || value > most) throw new ProtobufFault('range', 'a number has more than 32 bits')
  return Number(value)
}

export const uint32 = scalar<number>(
  wireTypes.varint,
  0,
  (from) => within(from.varint(), 0n, 0xffff_ffffn),
  (to, value) => to.varint(value >>> 0),
)

/** Also of enumerations: a number without a name is a value too. */
export const int32 = scalar<number>(
  wireTypes.varint,
  0,
  (from) => within(BigInt.asIntN(64, from.varint()), -0x8000_0000n, 0x7fff_ffffn),
  (to, value) => to.varint(value >= 0 ? value | 0 : BigInt.asUintN(64, BigInt(value | 0))),
)

const view = new DataView(new ArrayBuffer(8))

export const double = scalar<number>(
  wireTypes.fixed64,
  0,
  (from) => {
    view.setBigUint64(0, from.fixed64())
    return view.getFloat64(0)
  },
  (to, value) => {
    view.setFloat64(0, value)
    to.fixed64(view.getBigUint64(0))
  },
)
