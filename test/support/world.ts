import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Ask, Evidence, Question, Reuse } from '../../pdp/core/ask.ts'
import type { JsonObject } from '../../pdp/core/json.ts'
import { readRequestFacts } from '../../pdp/core/request-facts.ts'
import type { Pep, Service } from '../../pdp/core/service.ts'
import { ok } from '../../pdp/core/result.ts'
import { type Instant, plus, seconds } from '../../pdp/core/time.ts'
import type { AnchorSource, Introspector } from '../../pdp/seams.ts'
import { createAuthority, extension, general, pemOf } from './certificates.ts'
import { noon } from './clock.ts'
import { createTestKey, signJwt, type TestKey } from './keys.ts'

// The parties of most tests: a trust domain, an OAuth issuer, a client with a DPoP key, two services and one gateway
// that may ask for both.

export const trustDomain = 'prod.example'
export const oauthIssuer = 'https://login.example.org'
export const opaqueIssuer = 'https://tokens.example.org'
export const checkout = 'spiffe://prod.example/ns/shop/sa/checkout'

export const svidKey = createTestKey('svid-1', { use: 'jwt-svid' })
export const issuerKey = createTestKey('login-1', { alg: 'ES256', use: 'sig' })
export const clientKey = createTestKey('client-1')
export const strangerKey = createTestKey('stranger-1')
export const witKey = createTestKey('wit-1', { use: 'wit-svid' })
/** The key of the checkout workload, which its workload identity token holds. */
export const workloadKey = createTestKey('workload-1', { alg: 'ES256' })

export function createService(name: string, more: Partial<Service> = {}): Service {
  const origin = `https://${name}.example.org`
  return {
    name,
    audiences: [origin],
    origins: [origin],
    policy: name,
    entrypoint: `${name}/decision`,
    environment: 'production',
    identity: 'required',
    obligations: [],
    reuseMax: seconds(0),
    ...more,
  }
}

export const orders = createService('orders')
export const billing = createService('billing')

export const gateway: Pep = {
  name: 'gateway',
  services: new Set(['orders', 'billing']),
  authentication: { kind: 'none' },
  vouch: { peerCertificate: false },
}

/** The same, where it ends TLS for its callers and vouches for their certificates. */
export const vouchingGateway: Pep = { ...gateway, vouch: { peerCertificate: true } }

/** The authority of the trust domain's X.509-SVIDs, as its bundle has it. */
export const domainAuthority = createAuthority('prod.example root')
const authorities = [domainAuthority.der]
export const domainAnchors: AnchorSource = { asOf: () => noon, anchors: async () => ok(authorities) }

/** The authority of a partner, whose clients are known by the names in their certificates. */
const partnerAuthority = createAuthority('partner root')
const partnerAuthorities = [partnerAuthority.der]
export const partnerAnchors: AnchorSource = { asOf: () => noon, anchors: async () => ok(partnerAuthorities) }
export const partnerName = 'billing.partner.example'

/** The certificate of the partner's client, good at noon, in PEM. */
export const partnerCertificate = pemOf(
  partnerAuthority.issue({ extensions: [extension.names([general.dns(partnerName)])] }),
)

/** The checkout workload's X.509-SVID, good at noon, in PEM. */
export const checkoutCertificate = pemOf(domainAuthority.svid(checkout))

const epochSeconds = (now: Instant) => Math.trunc(now / 1000)

/** Members to change in a token: `undefined` removes one. */
export type Changes = Readonly<Record<string, unknown>>

const change = (base: Changes, changes: Changes): Changes =>
  Object.fromEntries(Object.entries({ ...base, ...changes }).filter(([, value]) => value !== undefined))

export interface TokenChanges {
  readonly header?: Changes
  readonly claims?: Changes
  readonly key?: TestKey
  readonly now?: Instant
}

/** A JWT-SVID of the checkout workload for the orders service, good at noon. */
export function svid({ header = {}, claims = {}, key = svidKey, now = noon }: TokenChanges = {}): string {
  const iat = epochSeconds(now)
  return signJwt(
    key,
    change({ alg: 'ES256', typ: 'JWT', kid: key.jwk.kid }, header),
    change({ sub: checkout, aud: ['https://orders.example.org'], iat, exp: iat + 300 }, claims),
  )
}

/** An RFC 9068 access token for the orders service, good at noon. */
export function accessToken({ header = {}, claims = {}, key = issuerKey, now = noon }: TokenChanges = {}): string {
  const iat = epochSeconds(now)
  return signJwt(
    key,
    change({ alg: 'ES256', typ: 'at+jwt', kid: key.jwk.kid }, header),
    change(
      {
        iss: oauthIssuer,
        sub: 'checkout',
        client_id: 'checkout',
        aud: 'https://orders.example.org',
        jti: 'at-1',
        iat,
        exp: iat + 300,
      },
      claims,
    ),
  )
}

/** The same, bound to the client's key (RFC 9449 §6.1). */
export const boundToken = (changes: TokenChanges = {}): string =>
  accessToken({ ...changes, claims: { cnf: { jkt: clientKey.thumbprint }, ...changes.claims } })

/** A DPoP proof over a token for `GET https://orders.example.org/v1/orders/42`, made at noon. */
export function dpopProof(
  token: string,
  { header = {}, claims = {}, key = clientKey, now = noon }: TokenChanges = {},
): string {
  const { kid: _, ...jwk } = key.jwk
  return signJwt(
    key,
    change({ alg: 'ES256', typ: 'dpop+jwt', jwk }, header),
    change(
      {
        jti: randomUUID(),
        htm: 'GET',
        htu: 'https://orders.example.org/v1/orders/42',
        iat: epochSeconds(now),
        ath: hashOf(token),
      },
      claims,
    ),
  )
}

const introspected = new Map<string, JsonObject>()

/** Answers about the tokens that {@link opaqueToken} made; of any other it says that it is not active. */
export const testIntrospector: Introspector = {
  introspect: async (token, { now }) =>
    ok({ response: introspected.get(token) ?? { active: false }, asOf: now, until: plus(now, seconds(30)) }),
}

/** A token that only its issuer can read, for the orders service, good at noon. `claims` are of the issuer's answer. */
export function opaqueToken({ claims = {}, now = noon }: Pick<TokenChanges, 'claims' | 'now'> = {}): string {
  const token = `${randomBytes(24).toString('base64url')}~`
  const iat = epochSeconds(now)
  const answer = {
    active: true,
    iss: opaqueIssuer,
    client_id: 'checkout',
    aud: 'https://orders.example.org',
    token_type: 'Bearer',
    iat,
    exp: iat + 300,
  }
  introspected.set(token, change(answer, claims) as JsonObject) // JSON, whatever a test puts there
  return token
}

/** The same, bound to the client's key (RFC 9449 §6.2). */
export const boundOpaqueToken = (changes: Pick<TokenChanges, 'claims' | 'now'> = {}): string =>
  opaqueToken({ ...changes, claims: { token_type: 'DPoP', cnf: { jkt: clientKey.thumbprint }, ...changes.claims } })

/** A WIT-SVID of the checkout workload, good at noon. */
export function wit({ header = {}, claims = {}, key = witKey, now = noon }: TokenChanges = {}): string {
  const iat = epochSeconds(now)
  return signJwt(
    key,
    change({ alg: 'ES256', typ: 'wit+jwt', kid: key.jwk.kid }, header),
    change({ sub: checkout, iat, exp: iat + 300, cnf: { jwk: workloadKey.jwk } }, claims),
  )
}

/** The proof of a WIT-SVID for `GET https://orders.example.org/v1/orders/42`, made at noon. */
export function wpt(
  token: string,
  { header = {}, claims = {}, key = workloadKey, now = noon }: TokenChanges = {},
): string {
  return signJwt(
    key,
    change({ alg: 'ES256', typ: 'wpt+jwt' }, header),
    change(
      {
        aud: 'https://orders.example.org/v1/orders/42',
        exp: epochSeconds(now) + 60,
        jti: randomUUID(),
        wth: hashOf(token),
      },
      claims,
    ),
  )
}

/** SHA-256 in base64url, as `ath`, `wth` and `oth` hold it. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** What an ask is made of; a header takes one value or several. */
export interface AskParts {
  readonly service?: Service
  readonly pep?: Pep
  readonly askId?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly credentials?: Evidence['credentials']
  readonly certificate?: string
  readonly sourceAddress?: Uint8Array
  readonly covered?: Readonly<Record<string, readonly string[]>>
  readonly bodyDigest?: string
  readonly questions?: readonly [Question, ...Question[]]
  readonly context?: JsonObject
  readonly method?: string
  readonly url?: string
  readonly withoutRequest?: true
  readonly reuse?: Reuse
}

const readOrder: Question = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }

/** An ask to read order 42, as the gateway would send it. */
export function createAsk(parts: AskParts = {}): Ask {
  const { method = 'GET', url = 'https://orders.example.org/v1/orders/42' } = parts
  const request = readRequestFacts(method, url)
  if (!request.ok) throw new Error(`test request is refused: ${request.clause}`)
  const headers = Object.entries(parts.headers ?? {}).map(([name, value]): [string, readonly string[]] => [
    name,
    typeof value === 'string' ? [value] : value,
  ])
  return {
    door: 'test',
    service: parts.service ?? orders,
    pep: parts.pep ?? gateway,
    evidence: {
      headers: new Map(headers),
      credentials: parts.credentials ?? [],
      ...(parts.certificate !== undefined && { certificate: parts.certificate }),
      ...(parts.sourceAddress && { sourceAddress: parts.sourceAddress }),
      ...(parts.covered && { covered: new Map(Object.entries(parts.covered)) }),
    },
    questions: parts.questions ?? [readOrder],
    context: parts.context ?? {},
    ...(parts.askId !== undefined && { askId: parts.askId }),
    ...(parts.reuse && { reuse: parts.reuse }),
    ...(parts.withoutRequest
      ? {}
      : {
          request: parts.bodyDigest === undefined ? request.value : { ...request.value, bodyDigest: parts.bodyDigest },
        }),
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
export const withWpt = (token: string, proof: string | readonly string[] = wpt(token)) => ({
  'workload-identity-token': token,
  'workload-proof-token': proof,
})
export const dpop = (token: string, proof: string | readonly string[] = dpopProof(token)) => ({
  authorization: `DPoP ${token}`,
  dpop: proof,
})
