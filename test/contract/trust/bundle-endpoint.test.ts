import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSpiffeId } from '../../../pdp/core/spiffe-id.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { bundleEndpointClauses, createBundleEndpoint } from '../../../pdp/trust/bundle-endpoint.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { fetchTextClauses } from '../../../pdp/trust/fetch-text.ts'
import { holdBundleClauses } from '../../../pdp/trust/hold-bundle.ts'
import { selectKeysClauses } from '../../../pdp/trust/select-keys.ts'
import { createAuthority, extension, pemOf, serverAuth, type TestCertificate } from '../../support/certificates.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Answer,
  type IssuerServer,
  json,
  raw,
  redirect,
  silent,
  sized,
  slowBody,
  startIssuer,
  status,
} from '../../support/issuer-server.ts'
import { createTestKey } from '../../support/keys.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { refusesOnly } from '../../support/twin.ts'

const domain = 'partner.example'
const endpointId = `spiffe://${domain}/bundle-endpoint`
/** Certificates of the present: handshakes are in real time. */
const present = () => ({ notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 })
const root = createAuthority(domain, present())
const next = createAuthority(`${domain}, renewed`, present())
const stranger = createAuthority('stranger', present())
const a = createTestKey('a', { use: 'jwt-svid' })
const b = createTestKey('b', { use: 'jwt-svid' })

interface Bundle {
  readonly sequence?: number
  readonly hint?: number
  readonly keys?: readonly object[]
  readonly authorities?: readonly { readonly der: Buffer }[]
}
const bundleOf = ({ sequence = 1, hint = 300, keys = [a.jwk], authorities = [root] }: Bundle = {}) => ({
  spiffe_sequence: sequence,
  spiffe_refresh_hint: hint,
  keys: [...keys, ...authorities.map(({ der }) => ({ kty: 'EC', use: 'x509-svid', x5c: [der.toString('base64')] }))],
})

let folder = ''
let time: ManualTime
const ends: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-federation-'))
  time = createManualTime(instant(Date.now()))
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  await rm(folder, { recursive: true })
})

const tlsOf = (...chain: readonly TestCertificate[]) => ({
  cert: pemOf(...chain),
  key: chain[0]?.key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() ?? '',
})
const start = async (tls: { cert: string; key: string }, host = '127.0.0.1') => {
  const server = await startIssuer({ tls, host })
  ends.push(() => server.down())
  return server
}
const common = (server: IssuerServer) => ({
  trustDomain: domain,
  url: `${server.origin}/bundle`,
  clock: time.clock,
  schedule: time.schedule,
  random: () => 0.5,
  maxStale: seconds(86_400),
})

const web = createServerCertificate(['bundles.example'])
const network = createManualTime()
const openWeb = (server: IssuerServer, ca = web.cert) => {
  const fetch = createFetch({
    privateOrigins: [server.origin],
    ca,
    resolve: async () => ['127.0.0.1'],
    schedule: network.schedule,
  })
  const source = createBundleEndpoint({ ...common(server), profile: { kind: 'https_web' }, makeFetch: () => fetch })
  ends.push(source.close)
  return source
}
const serve = (server: IssuerServer, bundle: Bundle) => server.answer('/bundle', json(bundleOf(bundle)))

type Source = ReturnType<typeof openWeb>
const kids = async (source: Source, kid: string) => {
  const found = await source.keys({ kid, algorithm: 'ES256' }, frameAt(time.clock()))
  return found.ok ? found.value.map((key) => key.kid) : found.clause
}
const anchors = async (source: Source) => {
  const found = await source.anchors(frameAt(time.clock()))
  return found.ok ? found.value : found.clause
}

describe('https_web', () => {
  const open = async (bundle: Bundle = {}) => {
    const server = await start(web, 'bundles.example')
    serve(server, bundle)
    const source = openWeb(server)
    await source.start()
    return { server, source }
  }

  test('a bundle is fetched, and fetched again as often as it says', async () => {
    const { server, source } = await open({ hint: 600 })
    expect([await kids(source, 'a'), await anchors(source)]).toEqual([['a'], [root.der]])
    expect(time.pending()).toEqual([600])
    serve(server, { sequence: 2, keys: [b.jwk], authorities: [root, next], hint: 1 })
    time.advance(600)
    await eventually(async () => expect(await anchors(source)).toEqual([root.der, next.der]))
    expect([await kids(source, 'a'), await kids(source, 'b')]).toEqual([selectKeysClauses.kid, ['b']])
    await eventually(() => expect(time.pending(), 'but not more often than once a minute').toEqual([60]))
    expect(source.status()).toMatchObject({ name: domain, keys: 3 })
  })

  test('a lower sequence is refused, and the last good bundle serves on', async () => {
    const { server, source } = await open({ sequence: 7 })
    const check = (bundle: object) => {
      server.answer('/bundle', json(bundle))
      return source.start()
    }
    const expected = { code: 'TRUST_UNAVAILABLE', clause: holdBundleClauses.rollback } as const
    await refusesOnly(check, bundleOf({ sequence: 7 }), bundleOf({ sequence: 6, keys: [b.jwk] }), expected)
    await refusesOnly(check, bundleOf({ sequence: 8 }), { keys: [b.jwk] }, expected)
    expect([await kids(source, 'a'), await anchors(source)]).toEqual([['a'], [root.der]])
    expect(source.status().lastError).toContain('lower sequence')
  })

  test.for<[name: string, defect: Answer, clause: string]>([
    ['a redirect', redirect('https://bundles.example/elsewhere', 307), fetchTextClauses.fetched],
    ['an error', status(503), fetchTextClauses.fetched],
    ['another media type', json(bundleOf(), 'text/html'), fetchTextClauses.fetched],
    ['a body without end', sized(512 * 1024 + 1), fetchTextClauses.fetched],
    ['a connection that ends', raw(''), fetchTextClauses.fetched],
    ['no bundle', json([]), 'rfc7517-5-jwk-set'],
    ['a key with its secret', json({ keys: [{ ...a.jwk, d: 'AAAA' }] }), 'rfc7517-9.3-secret-in-set'],
  ])('%s is refused, and the last good bundle serves on', async ([, defect, clause]) => {
    const { server, source } = await open()
    const check = (answer: Answer) => {
      server.answer('/bundle', answer)
      return source.start()
    }
    await refusesOnly(check, json(bundleOf()), defect, { code: 'TRUST_UNAVAILABLE', clause })
    expect([await kids(source, 'a'), await anchors(source)]).toEqual([['a'], [root.der]])
    expect(time.pending(), 'tried again soon').toEqual([0.75])
  })

  test.for<[name: string, defect: Answer]>([
    ['sends a byte now and then', slowBody(5)],
    ['says nothing', silent],
  ])('an endpoint that %s is given up after 5 s; asks do not wait', async ([, defect]) => {
    const { server, source } = await open()
    server.answer('/bundle', defect)
    const again = source.start()
    await eventually(() => expect(server.count('/bundle')).toBe(2))
    expect(await kids(source, 'a')).toEqual(['a'])
    expect(network.pending()).toEqual([5])
    network.advance(5)
    expect(await again).toMatchObject({ ok: false, clause: fetchTextClauses.fetched })
  })

  test('a certificate of another host, or of an authority that is not configured, is refused', async () => {
    const server = await start(web, 'bundles.example')
    serve(server, {})
    const other = createServerCertificate(['bundles.example'])
    const expected = { code: 'TRUST_UNAVAILABLE', clause: fetchTextClauses.fetched } as const
    await refusesOnly((ca: string) => openWeb(server, ca).start(), web.cert, other.cert, expected)
    const elsewhere = await start(web, 'other.example')
    serve(elsewhere, {})
    await refusesOnly((which: IssuerServer) => openWeb(which).start(), server, elsewhere, expected)
  })

  test('a name that leads to a private address is not connected to, however often it is asked', async () => {
    const server = await start(web, 'bundles.example')
    serve(server, {})
    const check = (privateOrigins: readonly string[]) => {
      const fetch = createFetch({ privateOrigins, ca: web.cert, resolve: async () => ['127.0.0.1'] })
      const source = createBundleEndpoint({
        ...common(server),
        profile: { kind: 'https_web' },
        makeFetch: () => fetch,
      })
      ends.push(source.close)
      return source.start()
    }
    const expected = { code: 'TRUST_UNAVAILABLE', clause: fetchTextClauses.fetched } as const
    await refusesOnly(check, [server.origin], [], expected)
    expect(server.connections()).toBe(1)
  })

  test('through an outage the bundle serves until it is too old, and the end of it is found', async () => {
    const { server, source } = await open()
    await server.down()
    time.advance(300)
    await eventually(() => expect(source.status()).toHaveProperty('lastError'))
    source.close()
    expect(await kids(source, 'a')).toEqual(['a'])
    time.advance(86_400 - 300)
    expect(await kids(source, 'a')).toEqual(['a'])
    time.advance(1)
    expect([await kids(source, 'a'), await anchors(source)]).toEqual([checkFreshClauses.fresh, checkFreshClauses.fresh])
    expect(time.pending()).toEqual([])
  })
})

describe('https_spiffe', () => {
  const id = parseSpiffeId(endpointId)
  if (!id.ok) throw new Error(id.detail)
  const bootstrap = () => join(folder, 'bootstrap.json')
  const openSpiffe = (server: IssuerServer, profileId = id.value, trustDomain = domain) => {
    const source = createBundleEndpoint({
      ...common(server),
      trustDomain,
      profile: { kind: 'https_spiffe', id: profileId, bootstrap: bootstrap() },
      makeFetch: (authenticate) =>
        createFetch({ privateOrigins: [server.origin], ...(authenticate && { authenticate }) }),
    })
    ends.push(source.close)
    return source
  }
  beforeEach(() => writeFile(bootstrap(), JSON.stringify(bundleOf())))
  const good = () => root.svid(endpointId, present())
  const fetchFrom = async (...chain: readonly TestCertificate[]) => {
    const server = await start(tlsOf(...chain))
    serve(server, {})
    return openSpiffe(server).start()
  }

  test('is fetched from whoever has the SVID, whatever its host name', async () => {
    const server = await start(tlsOf(good()))
    serve(server, { keys: [b.jwk] })
    const source = openSpiffe(server)
    expect(await source.start()).toEqual({ ok: true, value: undefined })
    expect(await kids(source, 'b')).toEqual(['b'])
    const middle = root.authority('middle', present())
    expect(await fetchFrom(middle.svid(endpointId, present()), middle)).toMatchObject({ ok: true })
  })

  test.for<[name: string, defect: () => readonly TestCertificate[]]>([
    ['another id', () => [root.svid(`spiffe://${domain}/other`, present())]],
    ['an id of another trust domain', () => [root.svid('spiffe://prod.example/bundle-endpoint', present())]],
    ['the trust domain itself', () => [root.svid(`spiffe://${domain}`, present())]],
    ['an authority that is not in the bundle', () => [stranger.svid(endpointId, present())]],
    ['a certificate that expired', () => [root.svid(endpointId, { ...present(), notAfter: Date.now() - 1_000 })]],
    ['a certificate of an authority', () => [root.authority('x', { ...present() })]],
    [
      'a purpose that is not of a server and a client',
      () => [root.svid(endpointId, { ...present(), extensions: [extension.purposes(serverAuth)] })],
    ],
    ['no URI at all', () => [root.issue(present())]],
  ])('is refused from: %s', ([, defect]) =>
    refusesOnly((chain) => fetchFrom(...chain), [good()], defect(), {
      code: 'TRUST_UNAVAILABLE',
      clause: fetchTextClauses.fetched,
    }),
  )

  test('nothing is sent to a server that is not who should answer', async () => {
    const server = await start(tlsOf(stranger.svid(endpointId, present())))
    serve(server, {})
    await openSpiffe(server).start()
    expect([server.connections(), server.count('/bundle')]).toEqual([1, 0])
  })

  test('the bundle that was fetched takes the place of the bootstrap one: it does not come back', async () => {
    const [first, second] = [await start(tlsOf(good())), await start(tlsOf(next.svid(endpointId, present())))]
    serve(first, { sequence: 2, authorities: [next] })
    serve(second, { sequence: 3, authorities: [next] })
    const source = openSpiffe(first)
    expect(await source.start()).toMatchObject({ ok: true })
    expect(await source.start(), 'the old SVID is good no more').toMatchObject({ ok: false })
    expect(await openSpiffe(second).start(), 'and the new one only for who has the new bundle').toMatchObject({
      ok: false,
    })
  })

  test('of another trust domain: the bootstrap bundle is of the endpoint, and what is fetched is never mixed with it', async () => {
    const host = createAuthority('host.example', present())
    const hostId = parseSpiffeId('spiffe://host.example/federation')
    if (!hostId.ok) throw new Error(hostId.detail)
    await writeFile(bootstrap(), JSON.stringify(bundleOf({ authorities: [host] })))
    const server = await start(tlsOf(host.svid(hostId.value.id, present())))
    serve(server, { authorities: [root] })
    const source = openSpiffe(server, hostId.value)
    expect(await source.start()).toMatchObject({ ok: true })
    expect(await source.start()).toMatchObject({ ok: true })
    expect(await anchors(source), 'no pooling').toEqual([root.der])
  })

  test('without a bootstrap bundle nothing is asked', async () => {
    const server = await start(tlsOf(good()))
    await rm(bootstrap())
    expect(await openSpiffe(server).start()).toMatchObject({ ok: false, clause: bundleEndpointClauses.bootstrap })
    expect(server.connections()).toBe(0)
  })
})
