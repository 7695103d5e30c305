import type { Http2SecureServer, Http2Server } from 'node:http2'
import { createGrpcServer, type GrpcLimits, type GrpcServerParts } from '../grpc/create-server.ts'
import { healthMethods, type HealthView } from '../grpc/health.ts'
import { type CheckParts, checkPath, createCheckMethod } from './check-method.ts'

export interface ExtAuthzServerParts extends CheckParts {
  readonly limits: GrpcLimits
  readonly health: HealthView
  readonly tls?: NonNullable<GrpcServerParts['tls']>
}

/** Makes the server of the ext_authz listener, `Authorization/Check` and gRPC health; it does not listen yet. */
export function createExtAuthzServer(parts: ExtAuthzServerParts): Http2Server | Http2SecureServer {
  const { limits, health, tls } = parts
  const methods = new Map([
    ...healthMethods(['envoy.service.auth.v3.Authorization'], health),
    [checkPath, createCheckMethod(parts)] as const,
  ])
  return createGrpcServer({ methods, limits, ...(tls && { tls }) })
}
