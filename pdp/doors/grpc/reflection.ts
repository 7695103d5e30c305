import { one, optional, repeated } from '../../core/protobuf/fields.ts'
import { lazy, message, type MessageOf, readMessage, writeMessage } from '../../core/protobuf/message.ts'
import { bytes, int32, string, type ProtobufType } from '../../core/protobuf/types.ts'
import type { DialogueMethod, GrpcMethods } from './methods.ts'
import { grpcFault, grpcStatus } from './status.ts'

// grpc/reflection/v1/reflection.proto, and v1alpha, whose messages are the same: what tools such as grpcurl ask before they call.

const request = message({
  host: one(1, string),
  fileByFilename: optional(3, string),
  fileContainingSymbol: optional(4, string),
  listServices: optional(7, string),
})

const response = message({
  host: one(1, string),
  request: optional(2, request),
  files: optional(4, message({ descriptors: repeated(1, bytes) })),
  services: optional(6, message({ services: repeated(1, message({ name: one(1, string) })) })),
  error: optional(7, message({ code: one(1, int32), message: one(2, string) })),
})

interface Named {
  readonly name: string
  readonly nested: readonly Named[]
  readonly enums: readonly { readonly name: string }[]
}
const named = message({ name: one(1, string) })
const type: ProtobufType<Named> = message({
  name: one(1, string),
  nested: repeated(
    3,
    lazy(() => type),
  ),
  enums: repeated(4, named),
})
/** `google.protobuf.FileDescriptorProto`, as far as it says what a file declares. */
const file = message({
  name: one(1, string),
  package: one(2, string),
  messages: repeated(4, type),
  enums: repeated(5, named),
  services: repeated(6, message({ name: one(1, string), methods: repeated(2, named) })),
  extensions: repeated(7, named),
})
const fileSet = message({ files: repeated(1, bytes) })

const ofRequest = { bytes: 4_096, depth: 2, fields: 16 }
const ofFiles = { bytes: 4_194_304, depth: 64, fields: 1_000_000 }

const reflectionPaths = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
] as const

/**
 * Reflection of the services of a listener. `descriptors`: a `google.protobuf.FileDescriptorSet` of the files that declare them, with
 * all that they import. Throws where it is none: it comes with the program.
 */
export function reflectionMethods(descriptors: Uint8Array, services: readonly string[]): GrpcMethods {
  const { byName, bySymbol } = indexFiles(Buffer.from(descriptors))
  const method: DialogueMethod = {
    kind: 'dialogue',
    answer(bytesOfRequest) {
      const asked = readMessage(request, bytesOfRequest, ofRequest, 'REQUEST_MALFORMED')
      if (!asked.ok) return grpcFault(grpcStatus.invalidArgument, 'not a request of reflection')
      return writeMessage(response, {
        ...nothing,
        host: asked.value.host,
        request: asked.value,
        ...answerTo(asked.value),
      })
    },
  }
  function answerTo({ fileByFilename, fileContainingSymbol, listServices }: MessageOf<typeof request>) {
    if (listServices !== undefined) return { services: { services: services.map((name) => ({ name })) } }
    const found = fileByFilename === undefined ? bySymbol.get(fileContainingSymbol ?? '') : byName.get(fileByFilename)
    return found
      ? { files: { descriptors: [found] } }
      : { error: { code: grpcStatus.notFound, message: 'not known here' } }
  }
  return new Map(reflectionPaths.map((path) => [path, method]))
}

const nothing = { request: undefined, files: undefined, services: undefined, error: undefined }

function indexFiles(descriptors: Buffer) {
  const byName = new Map<string, Uint8Array>()
  const bySymbol = new Map<string, Uint8Array>()
  const set = readMessage(fileSet, descriptors, ofFiles, 'REQUEST_MALFORMED')
  if (!set.ok) throw new Error(`descriptors of the listener: ${set.detail}`)
  for (const whole of set.value.files) {
    const declared = readMessage(file, Buffer.from(whole), ofFiles, 'REQUEST_MALFORMED')
    if (!declared.ok) throw new Error(`descriptors of the listener: ${declared.detail}`)
    byName.set(declared.value.name, whole)
    for (const symbol of symbolsOf(declared.value)) bySymbol.set(symbol, whole)
  }
  return { byName, bySymbol }
}

/** Full names of everything that a file declares. */
function symbolsOf({
  package: name,
  messages,
  enums,
  services,
  extensions,
}: MessageOf<typeof file>): readonly string[] {
  const below = (outer: string, inner: string) => (outer === '' ? inner : `${outer}.${inner}`)
  const ofType = (outer: string, each: Named): readonly string[] => {
    const own = below(outer, each.name)
    return [own, ...each.enums.map((one) => below(own, one.name)), ...each.nested.flatMap((one) => ofType(own, one))]
  }
  return [
    ...messages.flatMap((each) => ofType(name, each)),
    ...[...enums, ...extensions].map((each) => below(name, each.name)),
    ...services.flatMap((each) => {
      const own = below(name, each.name)
      return [own, ...each.methods.map((one) => below(own, one.name))]
    }),
  ]
}
