import { type Clause, clauses } from '../clause.ts'
import type { RefusalCode } from '../codes.ts'
import { ok, type Result, refuse } from '../result.ts'
import type { Field } from './fields.ts'
import type { ProtobufType } from './types.ts'
import {
  numberOf,
  ProtobufFault,
  type ProtobufFaultKind,
  readWire,
  type WireReader,
  wireOf,
  wireTypes,
} from './wire-reader.ts'
import { type WireWriter, writeWire } from './wire-writer.ts'

/** A row for each fault that bytes may have. */
export const protobufClauses = clauses({
  size: 'protobuf-size',
  truncated: 'protobuf-truncated',
  varint: 'protobuf-varint',
  tag: 'protobuf-tag',
  type: 'protobuf-wire-type',
  twice: 'protobuf-field-twice',
  text: 'protobuf-utf8',
  range: 'protobuf-range',
  depth: 'protobuf-depth',
  count: 'protobuf-fields',
}) satisfies Readonly<Record<ProtobufFaultKind, Clause>>

/** Bounds of one message: its bytes, how deep messages in it nest, and how many fields it has, all levels together. */
export interface ProtobufLimits {
  readonly bytes: number
  readonly depth: number
  readonly fields: number
}

type Fields = Readonly<Record<string, Field<unknown>>>

/** What a message of these fields holds. A member that may be undefined may be left out when it is written. */
type ValueOf<F> = {
  readonly [K in keyof F as undefined extends TypeOf<F[K]> ? never : K]: TypeOf<F[K]>
} & {
  readonly [K in keyof F as undefined extends TypeOf<F[K]> ? K : never]?: TypeOf<F[K]>
}
type TypeOf<F> = F extends Field<infer T> ? T : never

/** The value of a message type: `MessageOf<typeof checkRequest>`. */
export type MessageOf<M> = M extends ProtobufType<infer T> ? T : never

/**
 * Makes the type of a message from its fields: `message({ spiffeId: one(1, string), svid: one(2, bytes) })`. Fields that
 * it does not name are skipped, as proto3 has it. Names are ours; on the wire stand numbers.
 */
export function message<F extends Fields>(fields: F): ProtobufType<ValueOf<F>> {
  const entries = Object.entries<Field<unknown>>(fields)
  const byNumber = new Map(entries.map(([name, field]) => [field.number, { name, field }]))
  if (byNumber.size !== entries.length) throw new Error('two fields of a message have one number')
  return {
    wire: wireTypes.bytes,
    read: (from) => from.enter(readFields),
    write: (to, value) => to.nested(writeFields, value),
  }
  function readFields(from: WireReader): ValueOf<F> {
    const value: Record<string, unknown> = {}
    while (!from.isEmpty()) {
      const tag = from.tag()
      const known = byNumber.get(numberOf(tag))
      if (known) value[known.name] = known.field.take(value[known.name], wireOf(tag), from)
      else from.skip(wireOf(tag))
    }
    for (const [name, field] of entries) {
      if (!Object.hasOwn(value, name)) {
        const absent = field.absent()
        if (absent !== undefined) value[name] = absent
      }
    }
    return value as ValueOf<F> // each member is what its field made
  }
  function writeFields(to: WireWriter, value: ValueOf<F>): void {
    const members: Readonly<Record<string, unknown>> = value
    for (const [name, field] of entries) field.write(to, members[name])
  }
}

/** A type that is made when it is needed: for messages that hold themselves. */
export const lazy = <T>(type: () => ProtobufType<T>): ProtobufType<T> => ({
  wire: wireTypes.bytes,
  read: (from) => type().read(from),
  write: (to, value) => type().write(to, value),
})

/** Reads a whole message. Refuses with the caller's `code`. Never throws. */
export const readMessage = <T>(
  type: ProtobufType<T>,
  bytes: Uint8Array,
  limits: ProtobufLimits,
  code: RefusalCode,
): Result<T> =>
  // A message on its own has no length before it: `enter` reads the whole.
  readFieldsOf((from) => type.read({ ...from, enter: (read) => read(from) }), bytes, limits, code)

/** As {@link readMessage}, by a function that reads tags and values itself: for the few messages that must be fast. */
export function readFieldsOf<T>(
  read: (from: WireReader) => T,
  bytes: Uint8Array,
  limits: ProtobufLimits,
  code: RefusalCode,
): Result<T> {
  if (bytes.length > limits.bytes) return refuse(code, protobufClauses.size, `longer than ${limits.bytes} bytes`)
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  try {
    return ok(read(readWire(whole, limits.depth, { tags: limits.fields })))
  } catch (error) {
    if (error instanceof ProtobufFault) return refuse(code, protobufClauses[error.kind], error.message)
    throw error
  }
}

/** Writes a whole message. */
export function writeMessage<T>(type: ProtobufType<T>, value: T): Buffer {
  const outer = writeWire()
  // As above: `nested` writes the whole, without the length before it.
  type.write({ ...outer, nested: (write, whole) => write(outer, whole) }, value)
  return outer.finish()
}
