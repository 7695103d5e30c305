import { one, optional } from './fields.ts'
import { type MessageOf, message } from './message.ts'
import { int32, string } from './types.ts'

/** `google.protobuf.FieldDescriptorProto`, as far as it says how a field is read. */
export const field = message({
  name: one(1, string),
  number: one(3, int32),
  label: one(4, int32),
  type: one(5, int32),
  typeName: one(6, string),
  oneofIndex: optional(9, int32),
  jsonName: one(10, string),
})

export type KnownField = MessageOf<typeof field>

/** A message of the set. `proto2`: its scalars are set where they stand, whatever they are. */
export interface KnownMessage {
  readonly name: string
  readonly proto2: boolean
  readonly mapEntry: boolean
  readonly fields: ReadonlyMap<number, KnownField>
}

/** Names are as they stand in fields: with a dot before them. */
export interface KnownTypes {
  readonly messages: ReadonlyMap<string, KnownMessage>
  readonly enums: ReadonlyMap<string, ReadonlyMap<number, string>>
}
