import { createGrpcServer } from '../grpc/create-server.ts'
import { createGrpcServerOverNode } from '../grpc/over-node-http2.ts'
import type { GrpcLimits, GrpcServerParts } from '../grpc/methods.ts'
import type { Http2Listener } from '../http2/server.ts'
import { healthMethods, type HealthView } from '../grpc/health.ts'
import { reflectionMethods } from '../grpc/reflection.ts'
import { type CheckParts, checkPath, createCheckMethod } from './check-method.ts'

export interface ExtAuthzServerParts extends CheckParts {
  readonly limits: GrpcLimits
  readonly health: HealthView
  /** Descriptors of what is served, where tools may ask for them. */
  readonly reflected?: Uint8Array
  readonly tls?: NonNullable<GrpcServerParts['tls']>
  /** Whose HTTP/2 is spoken; absent: our own. */
  readonly http2?: keyof typeof transports
}

const transports = { own: createGrpcServer, node: createGrpcServerOverNode } as const

const authorization = 'envoy.service.auth.v3.Authorization'

/** Makes the server of the ext_authz listener: `Authorization/Check`, gRPC health, and reflection if asked for. It does not listen yet. */
export function createExtAuthzServer(parts: ExtAuthzServerParts): Http2Listener {
  const { limits, health, reflected, tls, http2 = 'own' } = parts
  const methods = new Map([
    ...healthMethods([authorization], health),
    ...(reflected ? reflectionMethods(reflected, [authorization, 'grpc.health.v1.Health']) : []),
    [checkPath, createCheckMethod(parts)] as const,
  ])
  return transports[http2]({ methods, limits, ...(tls && { tls }) })
}
