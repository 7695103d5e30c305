import { isArray, isObject, type JsonObject, type JsonValue } from '../json.ts'
import { one, optional, repeated } from './fields.ts'
import { lazy, message } from './message.ts'
import { bool, double, int32, string, type ProtobufType } from './types.ts'

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

/** `google.protobuf.Struct`; see {@link toStruct} and {@link fromStruct}. */
export const struct: ProtobufType<Struct> = message({
  fields: repeated(1, message({ key: one(1, string), value: optional(2, value) })),
})

/** The message of a JSON object. Numbers become doubles. */
export const toStruct = (object: JsonObject): Struct => ({
  fields: Object.entries(object).map(([key, item]) => ({ key, value: toValue(item) })),
})

function toValue(json: JsonValue): StructValue {
  if (json === null) return { null: 0 }
  if (typeof json === 'number') return { number: json }
  if (typeof json === 'string') return { text: json }
  if (typeof json === 'boolean') return { bool: json }
  if (isArray(json)) return { list: { values: json.map(toValue) } }
  return isObject(json) ? { struct: toStruct(json) } : { null: 0 }
}

/** The JSON object of a message. Of a name that stands twice the last value counts, as in every reader of maps. */
export const fromStruct = ({ fields }: Struct): JsonObject =>
  Object.fromEntries(fields.map(({ key, value }) => [key, fromValue(value ?? {})]))

function fromValue({ number, text, bool, struct, list }: StructValue): JsonValue {
  if (struct) return fromStruct(struct)
  if (list) return list.values.map(fromValue)
  return number ?? text ?? bool ?? null
}
