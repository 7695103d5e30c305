import { randomUUID } from 'node:crypto'
import { sha256Base64url } from '../../core/digest.ts'
import type { Instant } from '../../core/time.ts'
import type { DemoKey } from './demo-key.ts'
import { type Members, signJwt } from './sign-jwt.ts'
import { type DemoAuthority, type DemoService, type DemoWorld, demoAudiences } from './world.ts'

/** What differs from a good credential: members to add, to change or, undefined, to leave out; another key. */
export interface Changes {
  readonly header?: Members
  readonly claims?: Members
  readonly key?: DemoKey
}

/** A workload by what its SPIFFE ID says. */
export interface Workload {
  readonly namespace: string
  readonly account: string
}

/** The workloads that the example policy of orders knows. */
export const checkout: Workload = { namespace: 'shop', account: 'checkout' }
export const invoicing: Workload = { namespace: 'billing', account: 'invoicing' }
export const supportConsole: Workload = { namespace: 'support', account: 'console' }

const lifetime = 3_600

const issuedAt = (now: Instant): number => Math.trunc(now / 1000)

const times = (now: Instant) => ({ iat: issuedAt(now), exp: issuedAt(now) + lifetime })

/** A JWT-SVID of a workload for a service, good for an hour. */
export function jwtSvid(
  { name, key }: DemoAuthority,
  { namespace, account }: Workload,
  service: DemoService,
  now: Instant,
  changes: Changes = {},
): string {
  const sub = `spiffe://${name}/ns/${namespace}/sa/${account}`
  const header = { alg: 'ES256', kid: key.verification.kid, typ: 'JWT', ...changes.header }
  const claims = { sub, aud: [demoAudiences[service]], ...times(now), ...changes.claims }
  return signJwt(changes.key ?? key, header, claims)
}

/** An access token (RFC 9068) of a workload for a service, good for an hour. */
export function accessToken(
  { issuer }: Pick<DemoWorld, 'issuer'>,
  { namespace, account }: Workload,
  service: DemoService,
  now: Instant,
  changes: Changes = {},
): string {
  const header = { alg: 'ES256', kid: issuer.key.verification.kid, typ: 'at+jwt', ...changes.header }
  const claims = {
    iss: issuer.name,
    sub: account,
    client_id: account,
    namespace,
    service_account: account,
    aud: demoAudiences[service],
    jti: randomUUID(),
    ...times(now),
    ...changes.claims,
  }
  return signJwt(changes.key ?? issuer.key, header, claims)
}

/** `cnf` of a token that is bound to a key (RFC 9449 §6.1). */
export const boundTo = (key: DemoKey): Members => ({ cnf: { jkt: key.verification.id } })

/** A DPoP proof over a token for one request (RFC 9449 §4.2). */
export function dpopProof(
  key: DemoKey,
  token: string,
  target: { readonly method: string; readonly url: string },
  now: Instant,
  claims: Members = {},
): string {
  return signJwt(
    key,
    { alg: 'ES256', typ: 'dpop+jwt', jwk: key.publicJwk },
    {
      jti: randomUUID(),
      htm: target.method,
      htu: target.url,
      iat: issuedAt(now),
      ath: sha256Base64url(token),
      ...claims,
    },
  )
}
