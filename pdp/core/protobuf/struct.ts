import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts'
import { one, optional, repeated } from './fields.ts'
import { lazy, message } from './message.ts'
import { bool, double, int32, string, type ProtobufType } from './types.ts'
import { wireTypes } from './wire-reader.ts'
import type { WireWriter } from './wire-writer.ts'

// google/protobuf/struct.proto: JSON as a message.

export interface Struct {
  readonly fields: readonly { readonly key: string; readonly value?: StructValue | undefined }[]
}

/** Exactly one member is there. */
interface StructValue {
  readonly null?: number | undefined
  readonly number?: number | undefined
  readonly text?: string | undefined
  readonly bool?: boolean | undefined
  readonly struct?: Struct | undefined
  readonly list?: { readonly values: readonly StructValue[] } | undefined
}

const value: ProtobufType<StructValue> = message({
  null: optional(1, int32),
  number: optional(2, double),
  text: optional(3, string),
  bool: optional(4, bool),
  struct: optional(
    5,
    lazy(() => struct),
  ),
  list: optional(
    6,
    message({
      values: repeated(
        1,
        lazy<StructValue>(() => value),
      ),
    }),
  ),
})

/** `google.protobuf.Struct`; see {@link writeStruct} and {@link fromStruct}. */
export const struct: ProtobufType<Struct> = message({
  fields: repeated(1, message({ key: one(1, string), value: optional(2, value) })),
})

/** Writes the fields of {@link struct} of a JSON object. Numbers become doubles. */
export function writeStruct(to: WireWriter, object: JsonObject): void {
  for (const entry of Object.entries(object)) {
    to.tag(1, wireTypes.bytes)
    to.nested(writeMember, entry)
  }
}

function writeMember(to: WireWriter, [key, item]: readonly [string, JsonValue]): void {
  if (key !== '') {
    to.tag(1, wireTypes.bytes)
    to.text(key)
  }
  to.tag(2, wireTypes.bytes)
  to.nested(writeValue, item)
}

function writeValue(to: WireWriter, json: JsonValue): void {
  if (typeof json === 'string') {
    to.tag(3, wireTypes.bytes)
    to.text(json)
  } else if (typeof json === 'number') {
    to.tag(2, double.wire)
    double.write(to, json)
  } else if (typeof json === 'boolean') {
    to.tag(4, bool.wire)
    bool.write(to, json)
  } else if (isArray(json)) {
    to.tag(6, wireTypes.bytes)
    to.nested(writeList, json)
  } else if (isObject(json)) {
    to.tag(5, wireTypes.bytes)
    to.nested(writeStruct, json)
  } else {
    to.tag(1, int32.wire)
    int32.write(to, 0)
  }
}

function writeList(to: WireWriter, items: readonly JsonValue[]): void {
  for (const item of items) {
    to.tag(1, wireTypes.bytes)
    to.nested(writeValue, item)
  }
}

/** The JSON object of a message. Of a name that stands twice the last value counts, as in every reader of maps. */
export const fromStruct = ({ fields }: Struct): JsonObject =>
  Object.fromEntries(fields.map(({ key, value }) => [key, fromValue(value ?? {})]))

function fromValue({ number, text, bool, struct, list }: StructValue): JsonValue {
  if (struct) return fromStruct(struct)
  if (list) return list.values.map(fromValue)
  return number ?? text ?? bool ?? null
}
