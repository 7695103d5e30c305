import type { Http2SecureServer, Http2Server } from 'node:http2'
import { createGrpcServer, type GrpcLimits, type GrpcServerParts } from '../grpc/create-server.ts'
import { healthMethods, type HealthView } from '../grpc/health.ts'
import { reflectionMethods } from '../grpc/reflection.ts'
import { type CheckParts, checkPath, createCheckMethod } from './check-method.ts'

export interface ExtAuthzServerParts extends CheckParts {
  readonly limits: GrpcLimits
  readonly health: HealthView
  /** Descriptors of what is served, where tools may ask for them. */
  readonly reflected?: Uint8Array
  readonly tls?: NonNullable<GrpcServerParts['tls']>
}

const authorization = 'envoy.service.auth.v3.Authorization'

/** Makes the server of the ext_authz listener: `Authorization/Check`, gRPC health, and reflection if asked for. It does not listen yet. */
export function createExtAuthzServer(parts: ExtAuthzServerParts): Http2Server | Http2SecureServer {
  const { limits, health, reflected, tls } = parts
  const methods = new Map([
    ...healthMethods([authorization], health),
    ...(reflected ? reflectionMethods(reflected, [authorization, 'grpc.health.v1.Health']) : []),
    [checkPath, createCheckMethod(parts)] as const,
  ])
  return createGrpcServer({ methods, limits, ...(tls && { tls }) })
}
