import { type KeyObject, randomUUID } from 'node:crypto'
import { assertionKey, registryIssuer, signAsClient } from './clients.ts'
import { noon } from './clock.ts'
import type { Changes, TokenChanges } from './world.ts'

interface AssertionChanges extends Pick<TokenChanges, 'claims' | 'header' | 'now'> {
  readonly key?: KeyObject
}

const withoutUndefined = (members: Changes): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

/** An assertion by which the checkout workload authenticates itself (RFC 7523 §2.2), good for a minute from noon. */
export function clientAssertion({ claims = {}, header = {}, now = noon, key }: AssertionChanges = {}): string {
  const iat = now / 1_000
  const all = {
    iss: 'checkout',
    sub: 'checkout',
    aud: registryIssuer,
    iat,
    exp: iat + 60,
    jti: randomUUID(),
    ...claims,
  }
  return signAsClient(
    key ?? assertionKey.privateKey,
    withoutUndefined({ alg: 'ES256', typ: 'client-authentication+jwt', ...header }),
    withoutUndefined(all),
  )
}
