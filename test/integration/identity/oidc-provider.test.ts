import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, type Serving, serve, type Site, send, stop, usual } from '../../contract/process/harness.ts'
import { createCertificate, pemOf } from '../../support/certificates.ts'
import { untilNextSecond } from '../../support/clock.ts'
import { createTestKey } from '../../support/keys.ts'
import { bearer, dpop, dpopProof } from '../../support/world.ts'
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.ts'

// Tokens of a real authorization server, verified by a running server of ours. Every refusal has its allowed twin.

const clientKey = createTestKey('dpop-1')
const strangerKey = createTestKey('dpop-2')
/** A self-signed certificate of the next hour: nobody vouches for it, and a token may be bound to it all the same. */
const selfSigned = () => {
  const made = createCertificate({ notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 })
  return { cert: pemOf(made), key: made.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}
const [certificate, otherCertificate] = [selfSigned(), selfSigned()]

let peer: AuthorizationServer
let site: Site
let serving: Serving

const introspection = (more: Readonly<Record<string, unknown>>) => ({
  endpoint: `${peer.issuer}/token/introspection`,
  max_cached_s: 1,
  ...more,
})

async function startOurs(more: Readonly<Record<string, unknown>>): Promise<Serving> {
  await site.configure({
    peps: { gateway: { bearer: 'file:gateway.key', vouch: { peer_certificate: true } } },
    services: {
      ...usual.services,
      billing: {
        audiences: ['https://billing.example.org'],
        policy: 'orders',
        entrypoint: 'orders/decision',
        peps: ['gateway'],
      },
    },
    trust: [
      {
        issuer: peer.issuer,
        allow_private: true,
        environment: 'production',
        facts: { namespace: 'namespace', service_account: 'service_account' },
        introspection: introspection(more),
      },
    ],
    limits: { clock_skew_s: 0, proof_skew_s: 0 },
  })
  return serve(site)
}

beforeAll(async () => {
  peer = await startAuthorizationServer()
  site = await createSite()
  await site.file('introspection.secret', `${peer.introspectionSecret}\n`)
  await site.file('introspection.pem', peer.introspectionKey.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  serving = await startOurs({ client_id: 'sallyport', client_secret: 'file:introspection.secret' })
  await untilNextSecond()
})
afterAll(async () => {
  await stop(serving)
  await peer.down()
  await site.remove()
})

interface Presented {
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly certificate?: string
  readonly service?: string
}

/** Asks to read order 42. Answers `ALLOWED`, or the code. */
async function outcome({ headers, certificate, service = 'orders' }: Presented): Promise<string> {
  const reply = await send(serving.decisions, `/authorize/${service}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      request: { method: 'GET', url: `https://${service}.example.org/v1/orders/42`, headers, certificate },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    }),
  })
  const { decision, code } = JSON.parse(reply.body) as { decision: string; code: string }
  expect(decision).toBe(code === 'ALLOWED' ? 'allow' : 'deny')
  return code
}

const proven = (token: string, key = clientKey) => dpop(token, dpopProof(token, { key, now: instant(Date.now()) }))

describe.each(['jwt', 'opaque'] as const)('%s tokens', (format) => {
  test('bearer: allowed; for another service: refused', async () => {
    expect(await outcome({ headers: bearer(await peer.token(format)) })).toBe('ALLOWED')
    const foreign = await peer.token(format, { audience: 'https://billing.example.org' })
    expect(await outcome({ headers: bearer(foreign) })).toBe('AUDIENCE_REFUSED')
  })

  test('bound by DPoP: allowed with its proof; refused as bearer, without proof, by another key', async () => {
    const token = await peer.token(`${format}-dpop`, { key: clientKey })
    expect(await outcome({ headers: proven(token) })).toBe('ALLOWED')
    expect(await outcome({ headers: bearer(token) })).toBe('PROOF_REQUIRED')
    expect(await outcome({ headers: { authorization: `DPoP ${token}` } })).toBe('PROOF_REQUIRED')
    expect(await outcome({ headers: proven(token, strangerKey) })).toBe('PROOF_INVALID')
    const once = proven(token)
    expect(await outcome({ headers: once })).toBe('ALLOWED')
    expect(await outcome({ headers: once })).toBe('REPLAYED')
  })

  test('bound to a certificate: allowed with it; refused without, and with another', async () => {
    const token = await peer.token(`${format}-mtls`, { certificate })
    expect(await outcome({ headers: bearer(token), certificate: certificate.cert })).toBe('ALLOWED')
    expect(await outcome({ headers: bearer(token) })).toBe('PROOF_REQUIRED')
    expect(await outcome({ headers: bearer(token), certificate: otherCertificate.cert })).toBe('CREDENTIAL_UNSUPPORTED')
  })

  test('expired: allowed before, refused after', async () => {
    const token = await peer.token(`${format}-brief`)
    expect(await outcome({ headers: bearer(token) })).toBe('ALLOWED')
    await delay(3_500)
    expect(await outcome({ headers: bearer(token) })).toBe(format === 'jwt' ? 'EXPIRED' : 'CREDENTIAL_REFUSED')
  })
})

test('revoked: allowed before, refused once the remembered answer has ended; another token stays good', async () => {
  const [token, twin] = [await peer.token('opaque'), await peer.token('opaque')]
  expect(await outcome({ headers: bearer(token) })).toBe('ALLOWED')
  await peer.revoke('opaque', token)
  await delay(1_200)
  expect(await outcome({ headers: bearer(token) })).toBe('CREDENTIAL_REFUSED')
  expect(await outcome({ headers: bearer(twin) })).toBe('ALLOWED')
})

test('asks about one token share what its issuer said', async () => {
  const token = await peer.token('opaque')
  const before = peer.introspections()
  const codes = await Promise.all(Array.from({ length: 20 }, () => outcome({ headers: bearer(token) })))
  expect(new Set(codes)).toEqual(new Set(['ALLOWED']))
  expect(peer.introspections() - before).toBeLessThanOrEqual(2) // they may take longer than an answer is remembered
})

test('an endpoint that is down: TRUST_UNAVAILABLE for every opaque token, while JWTs go on; back: allowed again', async () => {
  const [token, jwt] = [await peer.token('opaque'), await peer.token('jwt')]
  expect(await outcome({ headers: bearer(token) })).toBe('ALLOWED')
  await peer.down()
  await delay(1_200)
  expect(await outcome({ headers: bearer(token) })).toBe('TRUST_UNAVAILABLE')
  expect(await outcome({ headers: bearer('made-up') })).toBe('TRUST_UNAVAILABLE')
  expect(await outcome({ headers: bearer(jwt) })).toBe('ALLOWED')
  await peer.up()
  expect(await outcome({ headers: bearer(token) })).toBe('ALLOWED')
})

test('no token and no secret stands in the log or on the terminal', async () => {
  const token = await peer.token('opaque')
  await outcome({ headers: bearer(token) })
  const log = await readFile(`${site.folder}/state/audit/records.ndjson`, 'utf8')
  expect(log).toContain('opaque-token')
  for (const text of [log, serving.said()]) {
    expect(text).not.toContain(token)
    expect(text).not.toContain(peer.introspectionSecret)
  }
})

test('by private_key_jwt: allowed; with a key that the server does not know: TRUST_UNAVAILABLE', async () => {
  await stop(serving)
  serving = await startOurs({ client_id: 'sallyport-key', client_key: 'file:introspection.pem' })
  const token = await peer.token('opaque')
  expect(await outcome({ headers: bearer(token) })).toBe('ALLOWED')
  await stop(serving)
  await site.file('introspection.pem', strangerKey.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  serving = await startOurs({ client_id: 'sallyport-key', client_key: 'file:introspection.pem' })
  expect(await outcome({ headers: bearer(token) })).toBe('TRUST_UNAVAILABLE')
})
