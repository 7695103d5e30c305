import { randomUUID } from 'node:crypto'
import type { Instant } from '../../core/time.ts'
import { boundTo, dpopProof } from '../demo/credentials.ts'
import type { DemoKey } from '../demo/demo-key.ts'
import { type Members, signJwt } from '../demo/sign-jwt.ts'
import type { DevIssuer, DevWorld } from './dev-world.ts'

/**
 * What is to be minted.
 *
 * - `audience`: of the service. `as`: the caller, `NAME`, `NAMESPACE/NAME` or a whole SPIFFE ID.
 * - `facts`: of the caller, in the place of those that its name says. `claims`: further claims of the token.
 * - `target`: method and URL of the request that a proof is for. `nonce`: that the service gave out.
 */
export interface CredentialRequest {
  readonly audience: string
  readonly as: string
  readonly facts: Readonly<Record<string, string>>
  readonly claims: Members
  readonly target: { readonly method: string; readonly url: string }
  readonly nonce?: string
  readonly now: Instant
}

/** Headers that carry a credential and its proof. */
export type CredentialHeaders = Readonly<Record<string, string>>

type Mint = (world: DevWorld, request: CredentialRequest) => CredentialHeaders

/** Every way to show who is calling that can be minted here, by its name. */
export const credentialMethods: Readonly<Record<string, Mint>> = {
  'jwt-svid': (world, request) => bearer(svid(issuerOf(world, 'spiffe'), request)),
  'access-token': (world, request) => bearer(accessToken(issuerOf(world, 'issuer'), request)),
  oidc: (world, request) => bearer(idToken(issuerOf(world, 'issuer'), request)),
  bearer: (world, request) => bearer(anyToken(world, request, {})),
  dpop(world, request) {
    const token = anyToken(world, request, boundTo(world.client))
    return { authorization: `DPoP ${token}`, dpop: proofOf(world.client, token, request) }
  },
  none: () => ({}),
}

const bearer = (token: string): CredentialHeaders => ({ authorization: `Bearer ${token}` })

const proofOf = (key: DemoKey, token: string, { target, now, nonce }: CredentialRequest): string =>
  dpopProof(key, token, target, now, nonce === undefined ? {} : { nonce })

type Kind = DevIssuer['kind']

function issuerOf<K extends Kind>({ issuers }: DevWorld, kind: K): Extract<DevIssuer, { readonly kind: K }> {
  const found = issuers.find((issuer): issuer is Extract<DevIssuer, { readonly kind: K }> => issuer.kind === kind)
  if (found) return found
  throw new Error(`trust: has no ${kind === 'spiffe' ? 'trust domain' : 'issuer of access tokens'} to mint this for`)
}

/** A token of the kind that the configuration takes: of an issuer, else of a trust domain. */
function anyToken(world: DevWorld, request: CredentialRequest, more: Members): string {
  const asked = { ...request, claims: { ...more, ...request.claims } }
  const workload = request.as.startsWith('spiffe://') || !world.issuers.some(({ kind }) => kind === 'issuer')
  return workload ? svid(issuerOf(world, 'spiffe'), asked) : accessToken(issuerOf(world, 'issuer'), asked)
}

const lifetime = 600

const times = (now: Instant) => ({ iat: Math.trunc(now / 1000), exp: Math.trunc(now / 1000) + lifetime })

function svid(
  { name, path = '/{workload}', key }: Extract<DevIssuer, { readonly kind: 'spiffe' }>,
  { as, facts, audience, claims, now }: CredentialRequest,
): string {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, variable = '']) => variable)
  const values = { ...factsOf(as, names), ...facts }
  const sub = as.startsWith('spiffe://')
    ? as
    : `spiffe://${name}${path.replaceAll(/\{(\w+)\}/g, (_, variable: string) => values[variable] ?? 'default')}`
  return signJwt(
    key,
    { alg: 'ES256', kid: key.verification.kid, typ: 'JWT' },
    { sub, aud: [audience], ...times(now), ...claims },
  )
}

type Issuer = Extract<DevIssuer, { readonly kind: 'issuer' }>

/** As RFC 9068 has it. */
function accessToken(issuer: Issuer, { claims, ...request }: CredentialRequest): string {
  const client_id = request.as.split('/').at(-1)
  return issued(issuer, 'at+jwt', { ...request, claims: { client_id, jti: randomUUID(), ...claims } })
}

/** As OpenID Connect has it. */
const idToken = (issuer: Issuer, request: CredentialRequest): string => issued(issuer, 'JWT', request)

function issued(
  { name, facts: configured, key }: Issuer,
  typ: string,
  { as, facts, audience, claims, now }: CredentialRequest,
): string {
  const values: Readonly<Record<string, string>> = { ...factsOf(as, Object.keys(configured)), ...facts }
  const stated = Object.entries(configured).map(([fact, claim]) => [claim, values[fact]] as const)
  return signJwt(
    key,
    { alg: 'ES256', kid: key.verification.kid, typ },
    { iss: name, sub: as.split('/').at(-1), aud: audience, ...times(now), ...Object.fromEntries(stated), ...claims },
  )
}

/** The parts of a caller's name under the names of facts: `shop/checkout`; of a shorter one, those at the end. */
function factsOf(as: string, names: readonly string[]): Readonly<Record<string, string>> {
  const parts = as.startsWith('spiffe://') ? [] : as.split('/')
  const missing = Math.max(names.length - parts.length, 0)
  return Object.fromEntries(names.map((name, i) => [name, parts[i - missing] ?? 'default']))
}
