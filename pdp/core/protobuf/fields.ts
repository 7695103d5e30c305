import type { ProtobufType, ScalarType } from './types.ts'
import { numberOf, ProtobufFault, type WireReader, type WireType, wireOf, wireTypes } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

/**
 * A field of a message.
 *
 * - `absent`: its value where it does not stand. `take`: its value after one more time that it stands there.
 * - `write`: tags and values, nothing where the value is that of an absent field.
 */
export interface Field<T> {
  readonly number: number
  absent(): T
  take(before: T | undefined, wire: WireType, from: WireReader): T
  write(to: WireWriter, value: T): void
}

/** A field that has a value always: of a scalar, its zero where it does not stand. */
export const one = <T>(number: number, type: ScalarType<T>): Field<T> => ({
  number,
  absent: () => type.zero,
  take: (before, wire, from) => single(type, before, wire, from),
  write(to, value) {
    if (!type.isZero(value)) writeTagged(to, number, type, value)
  },
})

/** A field that may be absent: `optional`, of a message, or one of a `oneof`. */
export const optional = <T>(number: number, type: ProtobufType<T>): Field<T | undefined> => ({
  number,
  absent: () => undefined,
  take: (before, wire, from) => single(type, before, wire, from),
  write(to, value) {
    if (value !== undefined) writeTagged(to, number, type, value)
  },
})

/** A list. Numbers may stand packed or one by one, and are written packed. */
export const repeated = <T>(number: number, type: ProtobufType<T>): Field<readonly T[]> => ({
  number,
  absent: () => [],
  take(before, wire, from) {
    const list = (before ?? []) as T[] // made by this very function, and not yet handed out
    if (wire === type.wire) list.push(type.read(from))
    else if (wire === wireTypes.bytes)
      from.enter((packed) => {
        while (!packed.isEmpty()) list.push(type.read(packed))
      })
    else throw otherType()
    return list
  },
  write(to, values) {
    if (values.length === 0) return
    if (type.wire === wireTypes.bytes) for (const value of values) writeTagged(to, number, type, value)
    else {
      to.tag(number, wireTypes.bytes)
      to.nested((inner, list) => {
        for (const value of list) type.write(inner, value)
      }, values)
    }
  },
})

/** A map. A key that stands twice is refused: readers disagree on which one counts. */
export const map = <K extends string | number | bigint | boolean, V>(
  number: number,
  key: ScalarType<K>,
  value: ScalarType<V>,
): Field<ReadonlyMap<K, V>> => {
  const keys = one(1, key)
  const values = one(2, value)
  const writeEntry = (to: WireWriter, [k, v]: readonly [K, V]): void => {
    keys.write(to, k)
    values.write(to, v)
  }
  return {
    number,
    absent: () => new Map(),
    take(before, wire, from) {
      if (wire !== wireTypes.bytes) throw otherType()
      const entries = (before ?? new Map()) as Map<K, V> // made by this very function, and not yet handed out
      return from.enter((entry) => {
        let k: K | undefined
        let v: V | undefined
        while (!entry.isEmpty()) {
          const tag = entry.tag()
          if (numberOf(tag) === 1) k = keys.take(k, wireOf(tag), entry)
          else if (numberOf(tag) === 2) v = values.take(v, wireOf(tag), entry)
          else entry.skip(wireOf(tag))
        }
        if (entries.has(k ?? key.zero)) throw new ProtobufFault('twice', 'a key of a map stands twice')
        return entries.set(k ?? key.zero, v ?? value.zero)
      })
    },
    write(to, entries) {
      for (const [k, v] of entries) {
        to.tag(number, wireTypes.bytes)
        to.nested<readonly [K, V]>(writeEntry, [k, v])
      }
    },
  }
}

/** Readers disagree on a field that stands twice (the last one, or both merged), and no writer writes one. */
export function single<T>(type: ProtobufType<T>, before: T | undefined, wire: WireType, from: WireReader): T {
  if (wire !== type.wire) throw otherType()
  if (before !== undefined) throw new ProtobufFault('twice', 'a field that is no list stands twice')
  return type.read(from)
}

const otherType = () => new ProtobufFault('type', 'a field has another type than it should')

function writeTagged<T>(to: WireWriter, number: number, type: ProtobufType<T>, value: T): void {
  to.tag(number, type.wire)
  type.write(to, value)
}
