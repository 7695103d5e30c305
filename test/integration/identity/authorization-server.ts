import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer, request as requestTls } from 'node:https'
import { TLSSocket } from 'node:tls'
import { Provider } from 'oidc-provider'
import { createServerCertificate, type ServerCertificate } from '../../support/server-certificate.ts'
import { createTestKey, signJwt, type TestKey } from '../../support/keys.ts'
import { listenAt, listenSteadily } from '../../support/steady-port.ts'

// oidc-provider as a real authorization server: one process, plain http on loopback, and its token endpoint over mutual
// TLS beside it (RFC 8705 §5). Every client is the checkout workload, with tokens of another kind.

const resource = 'https://orders.example.org'

/** Clients by the kind of their tokens; those of `brief` live for three seconds. */
const kinds = {
  opaque: { format: 'opaque' },
  jwt: { format: 'jwt' },
  'opaque-dpop': { format: 'opaque', metadata: { dpop_bound_access_tokens: true } },
  'jwt-dpop': { format: 'jwt', metadata: { dpop_bound_access_tokens: true } },
  'opaque-mtls': { format: 'opaque', metadata: { tls_client_certificate_bound_access_tokens: true } },
  'jwt-mtls': { format: 'jwt', metadata: { tls_client_certificate_bound_access_tokens: true } },
  'opaque-brief': { format: 'opaque', lifetime: 3 },
  'jwt-brief': { format: 'jwt', lifetime: 3 },
} as const satisfies Readonly<
  Record<string, { format: 'opaque' | 'jwt'; lifetime?: number; metadata?: Readonly<Record<string, boolean>> }>
>

export type ClientKind = keyof typeof kinds

export interface AuthorizationServer {
  readonly issuer: string
  readonly introspectionSecret: string
  /** The key by which the client `sallyport-key` authenticates. */
  readonly introspectionKey: TestKey
  /** How many requests there were to the introspection endpoint. */
  introspections(): number
  token(
    kind: ClientKind,
    more?: { readonly key?: TestKey; readonly certificate?: ServerCertificate; readonly audience?: string },
  ): Promise<string>
  revoke(kind: ClientKind, token: string): Promise<void>
  down(): Promise<void>
  up(): Promise<void>
}

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const secrets = new Map(Object.keys(kinds).map((kind) => [kind, randomUUID()]))
  const introspectionSecret = `${randomUUID()}:a colon & + %41`
  const signing = createTestKey('as-1', { alg: 'ES256', use: 'sig' })
  const introspectionKey = createTestKey('sallyport-1', { alg: 'ES256', use: 'sig' })
  let introspections = 0
  let handle: ReturnType<Provider['callback']> | undefined
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/token/introspection') === true) introspections++
    handle?.(request, response)
  })
  const overTls = createTlsServer(
    { ...createServerCertificate([]), requestCert: true, rejectUnauthorized: false },
    (request, response) => handle?.(request, response),
  )
  const [port, tlsPort] = [await listenSteadily(server), await listenSteadily(overTls)]
  const issuer = `http://127.0.0.1:${port}`
  const common = { redirect_uris: [], response_types: [], id_token_signed_response_alg: 'ES256' }
  const clients = Object.entries(kinds).map(([kind, settings]) => ({
    ...common,
    client_id: kind,
    client_secret: secrets.get(kind),
    grant_types: ['client_credentials'],
    ...('metadata' in settings && settings.metadata),
  }))
  handle = new Provider(issuer, {
    clients: [
      ...clients,
      { ...common, client_id: 'sallyport', client_secret: introspectionSecret, grant_types: [] },
      {
        ...common,
        client_id: 'sallyport-key',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        jwks: { keys: [introspectionKey.jwk] },
        grant_types: [],
      },
    ],
    jwks: { keys: [{ ...signing.privateKey.export({ format: 'jwk' }), kid: 'as-1', alg: 'ES256', use: 'sig' }] },
    extraTokenClaims: () => ({ namespace: 'shop', service_account: 'checkout' }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_: unknown, client: { clientId: string }) => client.clientId.startsWith('sallyport'),
      },
      revocation: { enabled: true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: ({ socket }: { socket: unknown }) =>
          socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, audience: string, { clientId }: { clientId: ClientKind }) => ({
          scope: 'orders:read',
          audience,
          accessTokenFormat: kinds[clientId].format,
          accessTokenTTL: 'lifetime' in kinds[clientId] ? 3 : 120,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  }).callback()

  const basic = (kind: ClientKind) => ({
    authorization: `Basic ${Buffer.from(`${kind}:${secrets.get(kind)}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  })
  return {
    issuer,
    introspectionSecret,
    introspectionKey,
    introspections: () => introspections,
    async token(kind, { key, certificate, audience = resource } = {}) {
      const body = new URLSearchParams({ grant_type: 'client_credentials', resource: audience, scope: 'orders:read' })
      const url = certificate ? `https://127.0.0.1:${tlsPort}/token` : `${issuer}/token`
      const headers = { ...basic(kind), ...(key && { dpop: proofForToken(key, url) }) }
      const text = certificate
        ? await postOverTls(url, headers, body.toString(), certificate)
        : await fetch(url, { method: 'POST', headers, body }).then((reply) => reply.text())
      const reply = JSON.parse(text) as { access_token?: string }
      if (reply.access_token === undefined) throw new Error(text)
      return reply.access_token
    },
    async revoke(kind, token) {
      const body = new URLSearchParams({ token })
      const reply = await fetch(`${issuer}/token/revocation`, { method: 'POST', headers: basic(kind), body })
      if (reply.status !== 200) throw new Error(await reply.text())
    },
    async down() {
      for (const one of [server, overTls]) {
        one.closeAllConnections()
        one.close()
        await once(one, 'close')
      }
    },
    async up() {
      await listenAt(server, port)
      await listenAt(overTls, tlsPort)
    },
  }
}

function proofForToken(key: TestKey, htu: string): string {
  const { kid: _, ...jwk } = key.jwk
  const claims = { jti: randomUUID(), htm: 'POST', htu, iat: Math.trunc(Date.now() / 1000) }
  return signJwt(key, { alg: 'ES256', typ: 'dpop+jwt', jwk }, claims)
}

function postOverTls(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  { cert, key }: ServerCertificate,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = requestTls(
      url,
      { method: 'POST', headers, cert, key, rejectUnauthorized: false, agent: false },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        reply.on('end', () => resolve(text))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
