import { createHmac } from 'node:crypto'
import type { Instant } from '../../pdp/core/time.ts'
import {
  accessToken,
  boundTo,
  type Changes,
  checkout,
  dpopProof,
  invoicing,
  jwtSvid,
} from '../../pdp/process/demo/credentials.ts'
import { forAlice } from '../../pdp/process/demo/scenario/agent-rows.ts'
import type { Members } from '../../pdp/process/demo/sign-jwt.ts'
import type { DemoService } from '../../pdp/process/demo/world.ts'
import type { readWorld } from './held-world.ts'
import type { Call, Headers } from './send.ts'

/** What attempts are made of: the parties, whose leaked tokens are signed by them. */
export interface Stage {
  readonly world: ReturnType<typeof readWorld>
  readonly now: () => Instant
}

/**
 * - `calls`: the last one is the attempt; those before it are its victim's own, and are served.
 * - `answered`: the status; `no way` where nothing answers there.
 * - `code`: what stands in the log of the decision point; absent where it is not asked. Of an honest call: ALLOWED.
 */
export interface Attempt {
  readonly tried: string
  readonly calls: (stage: Stage) => readonly [...Call[], Call]
  readonly answered: number | 'no way'
  readonly code?: string
}

const order = '/v1/orders/42'
const payment = '/v1/payments/1042'
const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

const svidOf = ({ world, now }: Stage, service: DemoService = 'orders', changes: Changes = {}): string =>
  jwtSvid(world.production, checkout, service, now(), changes)

/** Envoy before a service. */
const shop = (headers: Headers, path = order, host = 'orders.example.org'): Call => ({
  to: 'https://envoy:8443',
  host,
  path,
  headers,
})
const decide = (headers: Headers, path = '/authorize/orders'): Call => ({
  to: 'https://sallyport-1:7070',
  host: 'sallyport-1',
  path,
  headers: { ...headers, 'content-type': 'application/json' },
  body: JSON.stringify({ action: { name: 'read' }, resource: { type: 'order', id: '42' }, credentials: [] }),
})
const tool = (headers: Headers, name = 'calendar.read'): Call => ({
  to: 'https://tools:8080',
  host: 'tools',
  path: `/mcp/${name}`,
  headers,
})

/** A token that is bound to the client's key (RFC 9449), with a proof by a key for a request. */
function proven({ world, now }: Stage, { key = world.client, path = order } = {}): Headers {
  const token = accessToken(world, checkout, 'orders', now(), { claims: boundTo(world.client) })
  const proof = dpopProof(key, token, { method: 'GET', url: `https://orders.example.org${path}` }, now())
  return { authorization: `DPoP ${token}`, dpop: proof }
}

const agentToken = ({ world, now }: Stage, claims: Members): string =>
  accessToken(world, { namespace: 'assistants', account: 'desk-agent' }, 'agent-tools', now(), { claims })

/** The algorithm confusion of RFC 8725 §2.1: the public key as the secret of a MAC. */
function signedWithPublicKey(stage: Stage): string {
  const [header = '', claims = ''] = svidOf(stage, 'orders', { header: { alg: 'HS256' } }).split('.')
  const { key } = stage.world.production
  const secret = JSON.stringify(key.publicJwk)
  return `${header}.${claims}.${createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url')}`
}

const expired = ({ now }: Stage): Changes => {
  const then = Math.trunc(now() / 1000) - 7_200
  return { claims: { iat: then, exp: then + 3_600 } }
}

const spoofed = {
  'x-sallyport-subject': 'spiffe://shop.example/ns/billing/sa/invoicing',
  'x-sallyport-decision-id': '0',
  'x-forwarded-client-cert': 'By=spiffe://shop.example/envoy;URI=spiffe://shop.example/ns/shop/sa/checkout',
}

/** Who is let in: each is the twin of what is stopped. */
export const honest: readonly Attempt[] = [
  { tried: 'checkout reads an order', calls: (stage) => [shop(bearer(svidOf(stage)))], answered: 200, code: 'ALLOWED' },
  {
    tried: 'the same, with a proof of its key (DPoP)',
    calls: (stage) => [shop(proven(stage))],
    answered: 200,
    code: 'ALLOWED',
  },
  {
    tried: 'an agent reads the calendar for Alice',
    calls: (stage) => [tool(bearer(agentToken(stage, forAlice)))],
    answered: 200,
    code: 'ALLOWED',
  },
  {
    tried: 'checkout of staging, in staging',
    calls: ({ world, now }) => [
      shop(bearer(jwtSvid(world.staging, checkout, 'orders-staging', now())), order, 'orders.staging.example.org'),
    ],
    answered: 200,
    code: 'ALLOWED',
  },
  {
    tried: 'checkout, who says that it is another: it is served as itself',
    calls: (stage) => [shop({ ...spoofed, ...bearer(svidOf(stage)) })],
    answered: 200,
    code: 'ALLOWED',
  },
]

/** What is stopped. */
export const attacks: readonly Attempt[] = [
  { tried: 'no token', calls: () => [shop({})], answered: 401, code: 'CREDENTIAL_MISSING' },
  {
    tried: 'no token, and headers that say who is calling',
    calls: () => [shop(spoofed)],
    answered: 401,
    code: 'CREDENTIAL_MISSING',
  },
  {
    tried: 'the same with underscores, which some servers take for dashes',
    calls: (stage) => [shop({ ...bearer(svidOf(stage)), x_sallyport_subject: 'spiffe://shop.example/ns/ops/sa/root' })],
    answered: 400,
  },
  {
    tried: 'a token that ended an hour ago',
    calls: (stage) => [shop(bearer(svidOf(stage, 'orders', expired(stage))))],
    answered: 401,
    code: 'EXPIRED',
  },
  {
    tried: 'a token that was stolen from another service',
    calls: (stage) => [shop(bearer(svidOf(stage, 'agent-tools')))],
    answered: 401,
    code: 'AUDIENCE_REFUSED',
  },
  {
    tried: 'and the other way round',
    calls: (stage) => [tool(bearer(agentToken(stage, { ...forAlice, aud: 'https://orders.example.org' })))],
    answered: 401,
    code: 'AUDIENCE_REFUSED',
  },
  {
    tried: 'a token without a signature (alg: none)',
    calls: (stage) => [shop(bearer(svidOf(stage, 'orders', { header: { alg: 'none' } })))],
    answered: 401,
    code: 'CREDENTIAL_MALFORMED',
  },
  {
    tried: 'a token signed with the public key (alg: HS256)',
    calls: (stage) => [shop(bearer(signedWithPublicKey(stage)))],
    answered: 401,
    code: 'CREDENTIAL_MALFORMED',
  },
  {
    tried: 'a token by a key of its own, under the name of the right one',
    calls: (stage) => [shop(bearer(svidOf(stage, 'orders', { key: stage.world.stranger })))],
    answered: 401,
    code: 'SIGNATURE_INVALID',
  },
  {
    tried: 'two tokens, one of them good',
    calls: (stage) => [shop({ authorization: [`Bearer ${svidOf(stage)}`, 'Bearer a.b.c'] })],
    answered: 401,
    code: 'CREDENTIAL_AMBIGUOUS',
  },
  {
    tried: 'a bound token without its key',
    calls: ({ world, now }) => [
      shop(bearer(accessToken(world, checkout, 'orders', now(), { claims: boundTo(world.client) }))),
    ],
    answered: 401,
    code: 'PROOF_REQUIRED',
  },
  {
    tried: 'a bound token with a proof by another key',
    calls: (stage) => [shop(proven(stage, { key: stage.world.stranger }))],
    answered: 401,
    code: 'PROOF_INVALID',
  },
  {
    tried: 'a proof that was made for another request',
    calls: (stage) => [shop(proven(stage, { path: payment }))],
    answered: 401,
    code: 'PROOF_INVALID',
  },
  {
    tried: 'a request as it was overheard, again',
    calls: (stage) => {
      const headers = proven(stage)
      return [shop(headers), shop(headers)]
    },
    answered: 401,
    code: 'REPLAYED',
  },
  {
    tried: 'a token that an operator revoked',
    calls: ({ world, now }) => [
      shop(bearer(accessToken(world, checkout, 'orders', now(), { claims: { jti: 'was-in-a-log' } }))),
    ],
    answered: 401,
    code: 'REVOKED',
  },
  {
    tried: 'a workload of staging, in production',
    calls: ({ world, now }) => [shop(bearer(jwtSvid(world.staging, checkout, 'orders', now())))],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  {
    tried: 'checkout reads a payment',
    calls: (stage) => [shop(bearer(svidOf(stage)), payment)],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  {
    tried: 'the same by way of an order (/v1/orders/../payments/1042)',
    calls: (stage) => [shop(bearer(svidOf(stage)), '/v1/orders/../payments/1042')],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  {
    tried: 'the same with its dots encoded',
    calls: (stage) => [shop(bearer(svidOf(stage)), '/v1/orders/%2e%2e/payments/1042')],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  {
    tried: 'the same with its slashes encoded',
    calls: (stage) => [shop(bearer(svidOf(stage)), '/v1/orders/..%2Fpayments/1042')],
    answered: 400,
  },
  {
    tried: 'the same with a parameter that some servers drop (;)',
    calls: (stage) => [shop(bearer(svidOf(stage)), '/v1/payments;x=/1042')],
    answered: 403,
    code: 'PATH_AMBIGUOUS',
  },
  {
    tried: 'payments on a bearer token: too little is proved',
    calls: ({ world, now }) => [shop(bearer(accessToken(world, invoicing, 'orders', now())), payment)],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  {
    tried: 'an agent on behalf of nobody',
    calls: (stage) => [tool(bearer(agentToken(stage, { scope: 'calendar:read' })))],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  {
    tried: 'an agent sends mail, which Alice did not grant',
    calls: (stage) => [tool(bearer(agentToken(stage, forAlice)), 'mail.send')],
    answered: 403,
    code: 'POLICY_DENIED',
  },
  { tried: 'a name that nobody serves', calls: () => [shop({}, order, 'admin.example.org')], answered: 404 },
  { tried: 'the decision point itself, without a key', calls: () => [decide({})], answered: 401 },
  {
    tried: 'the decision point itself, with a good token of a caller',
    calls: (stage) => [decide(bearer(svidOf(stage)))],
    answered: 401,
  },
  {
    tried: 'its administration, to lift the revocation',
    calls: () => [decide({}, '/v1/revocations/lift')],
    answered: 404,
  },
  {
    tried: 'a service, past Envoy',
    calls: (stage) => [{ ...shop(bearer(svidOf(stage))), to: 'http://orders:8080' }],
    answered: 'no way',
  },
  {
    tried: 'Redis, to make it forget',
    calls: () => [{ to: 'https://redis:6379', host: 'redis', path: '/', headers: {} }],
    answered: 'no way',
  },
]
