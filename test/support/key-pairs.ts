import type { WrittenClient } from '../../pdp/identity/registry/read-entries.ts'
import { createHash, createPublicKey, sign } from 'node:crypto'
import { madeKeyPair, signAsClient, writtenClient, type MadeKeyPair } from './clients.ts'
import { noon } from './clock.ts'
import type { TokenChanges } from './world.ts'

// Clients with RSA key pairs of their own, as Snowflake has them. Apart from the test world: such keys take long to make.

/** How the checkout workload calls itself in its tokens. */
export const keyPairName = 'PAYMENTS.CHECKOUT'

/** Two of one client, of which either serves, and one of a client whose driver counts milliseconds. */
export const keyPairs = {
  first: madeKeyPair('key-pair-jwt', 'checkout-1', { name: keyPairName, time_unit: 's' }),
  second: madeKeyPair('key-pair-jwt', 'checkout-2', { name: keyPairName, time_unit: 's' }),
  inMilliseconds: madeKeyPair('key-pair-jwt', 'driver-1', { name: 'PAYMENTS.DRIVER', time_unit: 'ms' }),
}

export const keyPairClients: Readonly<Record<string, WrittenClient>> = {
  checkout: writtenClient([keyPairs.first.written, keyPairs.second.written]),
  driver: writtenClient([keyPairs.inMilliseconds.written]),
}

/** A token of a client for itself, good for a minute from noon. */
export function keyPairToken(
  { privateKey, fingerprint, written }: MadeKeyPair,
  { claims = {}, header = {} }: Pick<TokenChanges, 'claims' | 'header'> = {},
): string {
  const iat = noon / 1_000
  const all = { iss: `${written.name}.SHA256:${fingerprint}`, sub: written.name, iat, exp: iat + 60, ...claims }
  return signAsClient(privateKey, { alg: 'RS256', typ: 'JWT', ...header }, all)
}

/**
 * A token as Snowflake's driver for Node makes it: names in upper case, the fingerprint of the public key that the private
 * one has, both dates in milliseconds, two minutes apart.
 */
export function signAsSnowflakeDriver({ privateKey, written }: MadeKeyPair, now: number = noon): string {
  const [account = '', user = ''] = (written.name ?? '').split('.')
  const name = `${account.toUpperCase()}.${user.toUpperCase()}`
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const fingerprint = `SHA256:${createHash('sha256').update(spki).digest('base64')}`
  const claims = { iss: `${name}.${fingerprint}`, sub: name, iat: now, exp: now + 120_000 }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  return `${input}.${sign('RSA-SHA256', Buffer.from(input), privateKey).toString('base64url')}`
}
