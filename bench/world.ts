import { randomUUID } from 'node:crypto'
import { instant } from '../pdp/core/time.ts'
import { bearer, clientKey, dpopProof, svid, svidKey } from '../test/support/world.ts'
import type { Presented } from './contenders/contender.ts'

/** The key that the peers trust, as a JWKS; Cerbos and OPA read `alg`. */
export const trustedKeys = { keys: [{ ...svidKey.jwk, use: 'sig', alg: 'ES256' }] }

const now = () => instant(Date.now())

/** A workload's token, different from every other. */
export const newToken = (): Presented => bearer(svid({ now: now(), claims: { jti: randomUUID() } }))

/** The same token with a signature that is another's. */
export function forgedToken(): Presented {
  const [header, claims] = svid({ now: now() }).split('.')
  const signature = svid({ now: now(), claims: { jti: randomUUID() } }).split('.')[2]
  return { authorization: `Bearer ${header}.${claims}.${signature}` }
}

export const expiredToken = (): Presented => bearer(svid({ now: instant(Date.now() - 3_600_000) }))

/** A token of a workload that has no right to orders. */
export const strangersToken = (): Presented =>
  bearer(svid({ now: now(), claims: { sub: 'spiffe://prod.example/ns/shop/sa/stranger' } }))

/** A token that is bound to a key, and a function that makes a proof over it for each request. */
export function newBoundToken(): () => Presented {
  const token = svid({ now: now(), claims: { jti: randomUUID(), cnf: { jkt: clientKey.thumbprint } } })
  return () => ({ authorization: `DPoP ${token}`, proof: dpopProof(token, { now: now() }) })
}
