import { fileURLToPath } from 'node:url'
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader'

/** Where the protocols of others stand. */
const protoFolder: string = fileURLToPath(new URL('../../protos', import.meta.url))

/** Messages as plain objects, with names in lowerCamelCase. */
export type PlainMessage = Readonly<Record<string, unknown>>

const load = (file: string) =>
  loadSync(file, { includeDirs: [protoFolder], longs: String, enums: Number, oneofs: false })

const loaded = { ...load('envoy/service/auth/v3/external_auth.proto'), ...load('grpc/health/v1/health.proto') }

/** A method as gRPC's own library reads it from the files. */
export function methodOf(service: string, name: string): MethodDefinition<PlainMessage, PlainMessage> {
  const methods = loaded[service] as ServiceDefinition | undefined
  const method = methods?.[name]
  if (!method) throw new Error(`the protocols have no ${service}/${name}`)
  return method as MethodDefinition<PlainMessage, PlainMessage>
}
