import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { asksForCertificate } from '../compose/services.ts'
import type { Config } from '../config/schema.ts'
import type { ConcurrencyLimit } from '../doors/concurrency-limit.ts'
import { createExtAuthzServer } from '../doors/ext-authz/create-server.ts'
import { createHttpAuthzServer } from '../doors/http-authz/create-server.ts'
import type { Http2Listener } from '../doors/http2/server.ts'
import { createPepCertificateReader } from '../doors/http/pep-certificate.ts'
import { createHealthView } from './grpc-health.ts'
import { addressOf, watchDecisions, type ListenersParts } from './listeners-parts.ts'

const checkOverheadBytes = 262_144 // a check says more than its body: headers, certificates, metadata
// more than Envoy opens before it hears of a limit (1,024): what is refused as a stream is an error to it, which may let
// a request pass, and what is shed by the asks under way is an answer
const streamsPerConnection = 4_096
const proxyIdleMs = 900_000 // proxies keep their connections: one that we close may meet a check on its way, which then fails

/** The listener of ext_authz over gRPC, if the configuration has one. */
export function extAuthzServer(parts: ListenersParts, concurrency: ConcurrencyLimit): Http2Listener | undefined {
  const { config, pdp, metrics, readiness, tls } = parts
  const { limits, listen } = config
  if (listen.ext_authz === undefined) return undefined
  return createExtAuthzServer({
    current: pdp.current,
    listener: 'ext_authz',
    concurrency,
    limits: {
      messageBytes: config.envoy_ext_authz_grpc?.['grpc-max-recv-msg-size'] ?? limits.body_bytes + checkOverheadBytes,
      streamsPerConnection: Math.max(streamsPerConnection, limits.in_flight),
      connections: limits.connections,
      requestTimeoutMs: limits.request_timeout_ms,
      idleTimeoutMs: proxyIdleMs,
    },
    events: {
      refused: ({ code }) => {
        metrics.requestRefused(code)
        pdp.requestRefused(code)
      },
      decided: watchDecisions(parts),
    },
    certificateOf: createPepCertificateReader(),
    ...(config.ext_authz && { http2: config.ext_authz.http2 }),
    health: createHealthView(() => readiness().ready),
    ...(isReflected(config) && { reflected: readFileSync(new URL('./ext-authz.binpb', import.meta.url)) }),
    ...(tls &&
      addressOf(listen.ext_authz).kind === 'tcp' && {
        tls: { options: tls.options, requestCert: asksForCertificate(config) },
      }),
    now: () => performance.now(),
  })
}

const isReflected = ({ ext_authz, envoy_ext_authz_grpc }: Config): boolean =>
  ext_authz?.reflection === true || envoy_ext_authz_grpc?.['enable-reflection'] === true

/** The listener that reverse proxies ask over HTTP, if the configuration has one. */
export function httpAuthzServer(parts: ListenersParts, concurrency: ConcurrencyLimit): Server | undefined {
  const { config, pdp, metrics, tls } = parts
  const { limits, listen, http_authz: settings } = config
  if (listen.http_authz === undefined || !settings) return undefined
  return createHttpAuthzServer({
    current: pdp.current,
    listener: 'http_authz',
    convention: settings.convention,
    pathPrefix: settings.path_prefix,
    ...(settings.source_address_header !== undefined && { sourceAddressHeader: settings.source_address_header }),
    ...(settings.service !== undefined && { service: settings.service }),
    concurrency,
    limits: {
      headersTimeoutMs: limits.headers_timeout_ms,
      requestTimeoutMs: limits.request_timeout_ms,
      idleTimeoutMs: proxyIdleMs,
      connections: limits.connections,
    },
    events: {
      refused: ({ code }) => {
        metrics.requestRefused(code)
        pdp.requestRefused(code)
      },
      decided: watchDecisions(parts),
    },
    certificateOf: createPepCertificateReader(),
    ...(tls &&
      addressOf(listen.http_authz).kind === 'tcp' && {
        tls: { options: tls.options, requestCert: asksForCertificate(config) },
      }),
    now: () => performance.now(),
  })
}
