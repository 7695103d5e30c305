import type { Json } from './envoy.ts'

interface Held {
  readonly cert: string
  readonly key: string
}

const inline = (text: string) => ({ inline_string: text })

const common = ({ cert, key }: Held, trusted: string, more: Json = {}): Json => ({
  tls_certificates: [{ certificate_chain: inline(cert), private_key: inline(key) }],
  validation_context: { trusted_ca: inline(trusted) },
  ...more,
})

const socket = (type: 'DownstreamTlsContext' | 'UpstreamTlsContext', context: Json): Json => ({
  name: 'envoy.transport_sockets.tls',
  typed_config: { '@type': `type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${type}`, ...context },
})

/** TLS of a listener that asks its clients for a certificate under one of the roots in `trusted`. */
export const towardsClients = (own: Held, trusted: string, requireCertificate = true): Json =>
  socket('DownstreamTlsContext', {
    require_client_certificate: requireCertificate,
    common_tls_context: common(own, trusted),
  })

/** TLS of a cluster, with a certificate of its own. */
export const towardsServer = (own: Held, trusted: string, protocol?: 'h2'): Json =>
  socket('UpstreamTlsContext', {
    common_tls_context: common(own, trusted, protocol ? { alpn_protocols: [protocol] } : {}),
  })
