import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createPrivateKeyJwtVerifier } from '../../../pdp/identity/verifiers/private-key-jwt.ts'
import { registeredTimes, registryOf, writtenClient } from '../../support/clients.ts'
import { frameAt } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { keyPem, signJwt } from '../../support/keys.ts'
import { createAsk } from '../../support/world.ts'
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts'

// One client with one key, at oidc-provider and here: what it signs to authenticate at the one it can present at the other.

const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const client = 'sallyport-key'
let server: AuthorizationServer
beforeAll(async () => {
  server = await startAuthorizationServer()
})
afterAll(() => server.down())

function assertion(aud: unknown): string {
  const iat = Math.trunc(Date.now() / 1000)
  const claims = { iss: client, sub: client, aud, iat, exp: iat + 60, jti: randomUUID() }
  return signJwt(server.introspectionKey, { alg: 'ES256', typ: 'JWT' }, claims)
}

/** Whether oidc-provider takes it for the client that it names: another answer than 401. */
async function takenThere(token: string): Promise<boolean> {
  const body = new URLSearchParams({ token: 'any', client_assertion_type: type, client_assertion: token })
  return (await fetch(`${server.issuer}/token/introspection`, { method: 'POST', body })).status === 200
}

async function takenHere(token: string): Promise<string> {
  const key = {
    method: 'private-key-jwt',
    id: 'sallyport-1',
    ...registeredTimes,
    created_at: '2026-01-01',
    expires_at: '2099-01-01',
    public_key: keyPem(server.introspectionKey),
  } as const
  const registry = registryOf({ [client]: writtenClient([key]) })
  const verifier = createPrivateKeyJwtVerifier({ issuer: server.issuer, registry, skew: seconds(5) })
  const gate = createFirstGate({ verifiers: [verifier], links: [] })
  const answer = await gate(createAsk({ credentials: [{ type, token }] }), frameAt(instant(Date.now())))
  return answer.ok ? (answer.value.subject?.id ?? '') : answer.code
}

test('an assertion for the issuer identifier is taken by both', async () => {
  expect(await takenThere(assertion(server.issuer))).toBe(true)
  expect(await takenHere(assertion(server.issuer))).toBe(`${server.issuer}#${client}`)
})

describe('what RFC 10070 has servers refuse, and others still take', () => {
  test.each([
    ['the URL of an endpoint', () => `${server.issuer}/token`],
    ['a second audience', () => [server.issuer, 'https://evil.example']],
  ])('%s', async (_name, audience) => {
    expect(await takenThere(assertion(audience()))).toBe(true)
    expect(await takenHere(assertion(audience()))).toBe('AUDIENCE_REFUSED')
  })
})
