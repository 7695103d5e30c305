import type { RequestOptions } from 'node:https'
import { describe, expect, test } from 'vitest'
import { send, usual } from '../../contract/process/harness.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { createAuthority, pemOf } from '../../support/certificates.ts'
import { bearer, svid, svidKey } from '../../support/world.ts'
import type { Envoy, EnvoyGiven } from './envoy.ts'
import { bundleOf, createPki, current, identityOf, serverIdentity } from '../../support/pki.ts'
import { now, setStage } from './stage.ts'
import { towardsClients, towardsServer } from './tls-contexts.ts'

// Callers known by the certificate of their connection to Envoy: of two trust domains, below an intermediate, and behind a
// second Envoy that forwards it.

const pki = createPki()
const stranger = createAuthority('stranger root', current())
const edgeId = 'spiffe://prod.example/ns/edge/sa/envoy'
const roots = pemOf(pki.prod, pki.partner)

const checkout = identityOf(pki.prod, 'spiffe://prod.example/ns/shop/sa/checkout')
const partner = identityOf(pki.intermediate, 'spiffe://partner.example/ns/ledger/sa/sync', pki.intermediate)
const edge = identityOf(pki.prod, edgeId)

const rego = `package orders

decision if input.subject.trust_domain in {"prod.example", "partner.example"}
`

const sections = (partnerAids: object) => ({
  peps: {
    gateway: {
      socket: 'ext_authz',
      failure_mode_allow: false,
      vouch: { peer_certificate: true, xfcc_from: [edgeId] },
    },
  },
  trust: [
    { ...usual.trust[0], from: 'file:prod.json' },
    { spiffe: 'partner.example', from: 'file:partner.json', environment: 'production', ...partnerAids },
  ],
})

const stageWith = (partnerAids: object) =>
  setStage(async (site) => {
    await site.file('orders.tar.gz', await buildTestBundle({ rego }))
    const both = { keys: [svidKey.jwk, ...(JSON.parse(bundleOf(pki.prod)) as { keys: object[] }).keys] }
    await site.file('prod.json', JSON.stringify(both))
    await site.file('partner.json', bundleOf(pki.partner))
    await site.file('intermediates.pem', pemOf(pki.intermediate))
    return sections(partnerAids)
  })

const listener = (requireCertificate = true) => towardsClients(serverIdentity(pki.prod), roots, requireCertificate)
const inner = (more: Partial<EnvoyGiven> = {}): Partial<EnvoyGiven> => ({ downstream: listener(), ...more })

type Caller = Pick<RequestOptions, 'cert' | 'key'>
const ask = ({ port }: Envoy, { cert, key }: Caller, headers: Record<string, string> = {}) =>
  send(`https://127.0.0.1:${port}`, '/v1/orders/42', {
    headers: { host: 'orders.example.org', ...headers },
    rejectUnauthorized: false,
    ...(cert !== undefined && { cert, key }),
  })

describe('include_peer_certificate', () => {
  const stage = stageWith({ intermediates: 'file:intermediates.pem' })

  test('the certificate of the connection says who is calling, in two trust domains', async () => {
    const envoy = await stage.envoy(inner())
    expect((await ask(envoy, checkout)).status).toBe(200)
    expect((await ask(envoy, partner)).status).toBe(200)
    expect(stage.received().map(({ headers }) => headers['x-sallyport-subject'])).toEqual([
      'spiffe://prod.example/ns/shop/sa/checkout',
      'spiffe://partner.example/ns/ledger/sa/sync',
    ])
    expect(stage.received()[0]?.headers).toMatchObject({
      'x-sallyport-methods': 'x509-svid,tls-handshake',
      'x-sallyport-assurance': '3',
    })
  })

  test('without the setting no certificate is seen, and nobody calls', async () => {
    expect((await ask(await stage.envoy(inner()), checkout)).status).toBe(200)
    const without = await stage.envoy(inner({ filter: { include_peer_certificate: false } }))
    expect((await ask(without, checkout)).status).toBe(401)
    expect(stage.received()).toHaveLength(1)
  })

  test('a client without a certificate is 401; one of another authority does not come in', async () => {
    const envoy = await stage.envoy({ downstream: listener(false) })
    expect((await ask(envoy, checkout)).status).toBe(200)
    expect((await ask(envoy, {})).status).toBe(401)
    await expect(ask(envoy, identityOf(stranger, 'spiffe://prod.example/ns/shop/sa/checkout'))).rejects.toThrow(
      /alert|ECONNRESET|EPIPE|socket/,
    )
    expect(stage.received()).toHaveLength(1)
  })

  test('a token of somebody else beside the certificate is 401', async () => {
    const envoy = await stage.envoy(inner())
    expect((await ask(envoy, checkout, bearer(svid({ now: now() })))).status).toBe(200)
    expect((await ask(envoy, partner, bearer(svid({ now: now() })))).status).toBe(401)
    expect(stage.received()).toHaveLength(1)
  })

  test.each(['FORWARD_ONLY', 'APPEND_FORWARD', 'ALWAYS_FORWARD_ONLY'])(
    'a forwarded certificate from a client that is no proxy is refused where Envoy lets it through (%s)',
    async (mode) => {
      const envoy = await stage.envoy(inner({ connectionManager: { forward_client_cert_details: mode } }))
      const spoofed = `By=${edgeId};Hash=${'0'.repeat(64)};URI=spiffe://prod.example/ns/shop/sa/admin`
      if (mode !== 'APPEND_FORWARD') expect((await ask(envoy, checkout)).status).toBe(200)
      const before = stage.received().length
      expect((await ask(envoy, checkout, { 'x-forwarded-client-cert': spoofed })).status).toBe(401)
      expect((await ask(envoy, checkout, { 'client-cert': ':AAAA:' })).status).toBe(401)
      expect(stage.received()).toHaveLength(before)
    },
  )

  test.each(['SANITIZE', undefined])('and is gone where Envoy strips it (%s)', async (mode) => {
    const envoy = await stage.envoy(inner(mode ? { connectionManager: { forward_client_cert_details: mode } } : {}))
    const reply = await ask(envoy, checkout, {
      'x-forwarded-client-cert': 'URI=spiffe://prod.example/ns/shop/sa/admin',
    })
    expect(reply.status).toBe(200)
    expect(stage.received()[0]?.headers).not.toHaveProperty('x-forwarded-client-cert')
    expect(stage.received()[0]?.headers['x-sallyport-subject']).toBe('spiffe://prod.example/ns/shop/sa/checkout')
  })
})

describe('behind an Envoy that forwards', () => {
  // the intermediate is not configured: the chain that the first Envoy forwards has it
  const stage = stageWith({})

  /** A chain of two: the edge, which asks nobody, and one that asks us. */
  async function chain(details: object): Promise<{ edge: Envoy; inside: Envoy }> {
    const inside = await stage.envoy(inner({ connectionManager: { forward_client_cert_details: 'FORWARD_ONLY' } }))
    const first = await stage.envoy({
      downstream: towardsClients(edge, roots),
      perRoute: { disabled: true },
      upstreamPort: inside.port,
      upstreamCluster: { transport_socket: towardsServer(edge, roots) },
      connectionManager: {
        forward_client_cert_details: 'SANITIZE_SET',
        set_current_client_cert_details: { uri: true, subject: true, dns: true, ...details },
      },
    })
    return { edge: first, inside }
  }

  test('Chain says who is calling, with the intermediate; without it the leaf of Cert does not chain', async () => {
    const whole = await chain({ cert: true, chain: true })
    expect((await ask(whole.edge, partner)).status).toBe(200)
    expect(stage.received()[0]?.headers['x-sallyport-subject']).toBe('spiffe://partner.example/ns/ledger/sa/sync')
    const leaf = await chain({ cert: true })
    expect((await ask(leaf.edge, checkout)).status).toBe(200)
    expect((await ask(leaf.edge, partner)).status).toBe(401)
    expect(stage.received()).toHaveLength(2)
  })

  test('without Cert and Chain nobody is known, whatever URI says', async () => {
    const named = await chain({})
    expect((await ask((await chain({ cert: true })).edge, checkout)).status).toBe(200)
    expect((await ask(named.edge, checkout)).status).toBe(401)
    expect(stage.received()).toHaveLength(1)
  })

  test('the edge drops what a client says of this, and is nobody of itself', async () => {
    const { edge: first, inside } = await chain({ cert: true })
    const spoofed = { 'x-forwarded-client-cert': `By=${edgeId};URI=spiffe://prod.example/ns/shop/sa/admin` }
    expect((await ask(first, checkout, spoofed)).status).toBe(200)
    expect(stage.received()[0]?.headers['x-sallyport-subject']).toBe('spiffe://prod.example/ns/shop/sa/checkout')
    expect((await ask(inside, edge)).status).toBe(401) // the edge itself, with no one behind it
    expect((await ask(inside, checkout, spoofed)).status).toBe(401) // not through the edge
    expect(stage.received()).toHaveLength(1)
  })
})
