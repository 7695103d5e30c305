import { readFile } from 'node:fs/promises'
import type { Config } from '../config/schema.ts'
import { readDescriptors } from '../core/protobuf/descriptors.ts'
import type { GrpcMethods } from '../core/protobuf/grpc-methods.ts'

/** The methods whose requests policies see parsed. Throws, for the operator, where their descriptors cannot be used. */
export async function loadGrpcMethods({ envoy_ext_authz_grpc }: Config): Promise<GrpcMethods | undefined> {
  const path = envoy_ext_authz_grpc?.['proto-descriptor']
  if (path === undefined) return undefined
  const bytes = await readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`envoy_ext_authz_grpc.proto-descriptor: ${path} cannot be read (${code})`)
  })
  const methods = readDescriptors(bytes)
  if (!methods.ok)
    throw new Error(`envoy_ext_authz_grpc.proto-descriptor: ${path}: ${methods.detail} (${methods.clause})`)
  return methods.value
}
