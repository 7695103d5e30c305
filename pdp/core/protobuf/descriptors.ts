import { ok, type Result, refuse } from '../result.ts'
import { clauses } from '../clause.ts'
import { one, optional, repeated } from './fields.ts'
import type { GrpcMethods } from './grpc-methods.ts'
import { lazy, type MessageOf, message, type ProtobufLimits, readMessage } from './message.ts'
import { field, type KnownField, type KnownMessage, type KnownTypes } from './known-types.ts'
import { readAsJson } from './read-as-json.ts'
import { bool, int32, string, type ProtobufType } from './types.ts'

// google/protobuf/descriptor.proto, as far as it says how messages are read.

export const descriptorClauses = clauses({
  syntax: 'protobuf-descriptor-syntax',
  type: 'protobuf-descriptor-type',
})

const enumeration = message({
  name: one(1, string),
  values: repeated(2, message({ name: one(1, string), number: one(2, int32) })),
})

interface MessageDescriptor {
  readonly name: string
  readonly fields: readonly KnownField[]
  readonly nested: readonly MessageDescriptor[]
  readonly enums: readonly MessageOf<typeof enumeration>[]
  readonly options?: { readonly mapEntry: boolean } | undefined
}

const descriptor: ProtobufType<MessageDescriptor> = message({
  name: one(1, string),
  fields: repeated(2, field),
  nested: repeated(
    3,
    lazy(() => descriptor),
  ),
  enums: repeated(4, enumeration),
  options: optional(7, message({ mapEntry: one(7, bool) })),
})

const service = message({
  name: one(1, string),
  methods: repeated(2, message({ name: one(1, string), input: one(2, string), clientStreaming: one(5, bool) })),
})

/** `google.protobuf.FileDescriptorSet`. */
export const fileDescriptorSet = message({
  files: repeated(
    1,
    message({
      package: one(2, string),
      messages: repeated(4, descriptor),
      enums: repeated(5, enumeration),
      services: repeated(6, service),
      syntax: one(12, string),
    }),
  ),
})

const limits: ProtobufLimits = { bytes: 32 * 1_048_576, depth: 64, fields: 4_000_000 }

/** Reads a set of descriptors, such as `protoc --include_imports --descriptor_set_out` writes. Refuses (REQUEST_MALFORMED) what is none. */
export function readDescriptors(bytes: Uint8Array): Result<GrpcMethods> {
  const set = readMessage(fileDescriptorSet, bytes, limits, 'REQUEST_MALFORMED')
  if (!set.ok) return set
  const messages = new Map<string, KnownMessage>()
  const enums = new Map<string, ReadonlyMap<number, string>>()
  const methods = new Map<string, string>()
  const addEnums = (within: string, all: MessageDescriptor['enums']) => {
    for (const { name, values } of all)
      enums.set(`${within}.${name}`, new Map(values.map(({ name, number }) => [number, name])))
  }
  const addMessages = (within: string, all: readonly MessageDescriptor[], proto2: boolean) => {
    for (const { name, fields, nested, enums, options } of all) {
      const full = `${within}.${name}`
      const byNumber = new Map(fields.map((field) => [field.number, field]))
      messages.set(full, { name: full, proto2, mapEntry: options?.mapEntry ?? false, fields: byNumber })
      addEnums(full, enums)
      addMessages(full, nested, proto2)
    }
  }
  for (const file of set.value.files) {
    if (file.syntax !== '' && file.syntax !== 'proto2' && file.syntax !== 'proto3')
      return refuse('REQUEST_MALFORMED', descriptorClauses.syntax, 'descriptors must be of proto2 or proto3')
    const within = file.package === '' ? '' : `.${file.package}`
    addEnums(within, file.enums)
    addMessages(within, file.messages, file.syntax !== 'proto3')
    for (const { name, methods: all } of file.services)
      for (const { name: method, input, clientStreaming } of all)
        if (!clientStreaming) methods.set(`${within}.${name}/${method}`.slice(1), input)
  }
  const types: KnownTypes = { messages, enums }
  return (
    missingType(types, methods) ??
    ok((name, method) => {
      const input = messages.get(methods.get(`${name}/${method}`) ?? '')
      return input && ((bytes) => readAsJson(input, types, bytes))
    })
  )
}

/** Every type that is named must be there: a set without its imports cannot be read with. */
function missingType({ messages, enums }: KnownTypes, methods: ReadonlyMap<string, string>) {
  const named = [...messages.values()].flatMap(({ fields }) => [...fields.values()].map(({ typeName }) => typeName))
  const missing = [...named, ...methods.values()].find((name) => name !== '' && !messages.has(name) && !enums.has(name))
  return missing === undefined
    ? undefined
    : refuse('REQUEST_MALFORMED', descriptorClauses.type, `descriptors lack ${missing}: write them with their imports`)
}
