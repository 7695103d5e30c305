import { once } from 'node:events'
import { request } from 'node:https'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPdp, type Pdp } from '../../pdp/compose/pdp.ts'
import { parseConfig } from '../../pdp/config/read-config.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import { systemSurroundings } from '../../pdp/process/system.ts'
import { exampleBundle } from '../support/bundles.ts'
import {
  createAuthority,
  extension,
  general,
  type IssueParts,
  pemOf,
  type TestAuthority,
  type TestCertificate,
} from '../support/certificates.ts'
import { startTestServer, type TestServer } from '../support/http.ts'
import { createServerCertificate } from '../support/server-certificate.ts'

// An enforcement point over TLS, by real clients against the shipped listener. The TLS library accepts four kinds of
// certificate that prove nothing; each stands here beside a twin that is admitted.

const hour = 3_600_000
const valid = { notBefore: Date.now() - hour, notAfter: Date.now() + hour }
const prod = createAuthority('prod root', valid)
const dev = createAuthority('dev root', valid)
const pins = createAuthority('pins root', valid)
const gatewayId = 'spiffe://prod.example/ns/edge/sa/gateway'
const devId = 'spiffe://dev.example/ns/edge/sa/gateway'
const pinned = pins.issue({ ...valid, extensions: [extension.names([general.dns('gateway.example')])] })
const short = pins.issue({ notBefore: valid.notBefore, notAfter: Date.now() - 1_000 })
const pinnedAuthority = pins.authority('an authority as client', valid)

const bundleOf = (...authorities: readonly TestAuthority[]) =>
  JSON.stringify({
    keys: authorities.map(({ der, key }) => ({
      ...key.publicKey.export({ format: 'jwk' }),
      use: 'x509-svid',
      x5c: [der.toString('base64')],
    })),
  })

let folder = ''
let pdp: Pdp
let server: TestServer
const file = (name: string) => join(folder, name)
const digest = ({ der }: TestCertificate) => sha256(der)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-pep-'))
  await writeFile(file('orders.tar.gz'), await exampleBundle('orders'))
  await writeFile(file('prod.json'), bundleOf(prod))
  await writeFile(file('dev.json'), bundleOf(dev))
  await writeFile(file('ca.pem'), pemOf(pins))
  const spiffe = (domain: string, name: string) => ({ spiffe: domain, from: `file:${file(name)}` })
  const parsed = parseConfig({
    services: {
      orders: {
        audiences: ['https://orders.example.org'],
        peps: ['prod', 'dev', 'pinned', 'short', 'authority'],
      },
    },
    peps: {
      prod: { spiffe_id: gatewayId },
      dev: { spiffe_id: devId },
      pinned: { cert_sha256: digest(pinned) },
      short: { cert_sha256: digest(short) },
      authority: { cert_sha256: digest(pinnedAuthority) },
    },
    trust: [spiffe('prod.example', 'prod.json'), spiffe('dev.example', 'dev.json')],
    tls: { cert: 'file:unused', key: 'file:unused', client_ca: `file:${file('ca.pem')}` },
    bundles: { orders: { file: file('orders.tar.gz'), unsigned: true } },
    state: file('state'),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  pdp = await createPdp(parsed.value, systemSurroundings())
  const own = createServerCertificate(['localhost'])
  server = await startTestServer({
    current: pdp.current,
    tls: { options: () => own, requestCert: true },
  })
})
afterAll(async () => {
  await server?.close()
  await pdp?.close()
  await rm(folder, { recursive: true })
})

interface Client {
  readonly leaf: TestCertificate
  readonly chain?: readonly TestCertificate[]
}
const clientOf = ({ leaf, chain = [] }: Client) => ({
  cert: pemOf(leaf, ...chain),
  key: leaf.key.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  port: (server.server.address() as AddressInfo).port, // it listens on TCP
  host: '127.0.0.1',
  rejectUnauthorized: false,
})

const body = JSON.stringify({ action: { name: 'read' }, resource: { type: 'order', id: '1' } })

/** The status of an ask, and its problem: 200 is an answer, so the enforcement point was admitted. */
async function ask(client: Client): Promise<string> {
  const sent = request({
    ...clientOf(client),
    agent: false,
    path: '/authorize/orders',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }]
  let text = ''
  for await (const part of response) text += part.toString()
  return `${response.statusCode} ${text}`
}

const svidOf = (by: TestAuthority, id: string, parts: IssueParts = {}) => by.svid(id, { ...valid, ...parts })
const named = (...names: readonly Buffer[]) => prod.issue({ ...valid, extensions: [extension.names(names)] })

describe('what the TLS library would have let through', () => {
  const below = prod.authority('below', valid)
  test.for<readonly [string, Client, Client, RegExp]>([
    [
      'two URI names',
      { leaf: svidOf(prod, gatewayId) },
      { leaf: named(general.uri(gatewayId), general.uri(devId)) },
      /exactly one URI/,
    ],
    [
      'a SPIFFE ID without a path',
      { leaf: svidOf(prod, gatewayId) },
      { leaf: named(general.uri('spiffe://prod.example')) },
      /names a trust domain, not a workload/,
    ],
    [
      'an authority as client',
      { leaf: svidOf(prod, gatewayId) },
      { leaf: prod.authority('x', { ...valid, extensions: [extension.names([general.uri(gatewayId)])] }) },
      /an authority presents itself/,
    ],
    [
      'an ID of one trust domain by the authority of another',
      { leaf: svidOf(prod, gatewayId) },
      { leaf: svidOf(dev, gatewayId) },
      /no path from the certificate to the bundle of its trust domain/,
    ],
    [
      'an intermediate left out',
      { leaf: svidOf(below, gatewayId), chain: [below] },
      { leaf: svidOf(below, gatewayId) },
      /no path/,
    ],
    [
      'an expired certificate',
      { leaf: svidOf(prod, gatewayId) },
      { leaf: svidOf(prod, gatewayId, { notAfter: Date.now() - 1_000 }) },
      /expired/,
    ],
    [
      'another workload of the domain',
      { leaf: svidOf(prod, gatewayId) },
      { leaf: svidOf(prod, `${gatewayId}2`) },
      /no enforcement point is configured/,
    ],
    [
      'a certificate that is not the configured one',
      { leaf: pinned },
      { leaf: pins.issue({ ...valid, extensions: [extension.names([general.dns('gateway.example')])] }) },
      /no enforcement point is configured/,
    ],
    ['the configured one, expired', { leaf: pinned }, { leaf: short }, /expired/],
    ['the configured one, an authority', { leaf: pinned }, { leaf: pinnedAuthority }, /an authority presents itself/],
  ])('%s', async ([, twin, defect, reason]) => {
    expect(await ask(twin), 'the twin must be admitted').toMatch(/^200 /)
    expect(await ask(defect)).toMatch(new RegExp(`^401 .*${reason.source}`))
  })

  test('each trust domain by its own bundle', async () => {
    expect(await ask({ leaf: svidOf(dev, devId) })).toMatch(/^200 /)
    expect(await ask({ leaf: svidOf(prod, devId) })).toMatch(/^401 /)
  })
})

/** One request on a socket that is kept. */
async function askOn(socket: TLSSocket): Promise<string> {
  socket.write(
    `POST /authorize/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  let text = ''
  while (!/\r\n\r\n[^]*\}\s*$/.test(text)) {
    const [part] = (await once(socket, 'data')) as [Buffer]
    text += part.toString()
  }
  return text.split('\r\n', 1)[0] ?? ''
}

async function opened(client: Client, more: object): Promise<TLSSocket> {
  const socket = connect({ ...clientOf(client), ...more })
  await once(socket, 'secureConnect')
  return socket
}

describe('resumption and connections that are kept (SPIRE #6715)', () => {
  test.for(['TLSv1.2', 'TLSv1.3'] as const)(
    '%s: a session is not resumed, and the bundle of now counts',
    async (version) => {
      const client = { leaf: svidOf(prod, gatewayId) }
      const only = { minVersion: version, maxVersion: version }
      let session: Buffer | undefined
      const first = await opened(client, only)
      first.on('session', (each: Buffer) => {
        session = each
      })
      expect(await askOn(first)).toBe('HTTP/1.1 200 OK')
      session ??= first.getSession()
      expect(session, 'there is something to resume').toBeDefined()

      await writeFile(file('prod.json'), bundleOf(dev)) // the authority of this client is gone
      await reloadTrust()
      expect(await askOn(first), 'on the connection that is open').toBe('HTTP/1.1 401 Unauthorized')
      const resumed = await opened(client, { ...only, session })
      expect(resumed.isSessionReused()).toBe(false)
      expect(await askOn(resumed)).toBe('HTTP/1.1 401 Unauthorized')

      await writeFile(file('prod.json'), bundleOf(prod))
      await reloadTrust()
      const again = await opened(client, { ...only, session }) // a refusal ends its connection
      expect(await askOn(again), 'the twin: the bundle is back').toBe('HTTP/1.1 200 OK')
      for (const socket of [first, resumed, again]) socket.destroy()
    },
  )
})

/** Reads the bundles again now, as the source does by itself every half minute. */
async function reloadTrust(): Promise<void> {
  await Promise.all(pdpSources().map((source) => source.start()))
}

const pdpSources = () => {
  const { sources } = pdp.current() as unknown as { sources: ReadonlyMap<string, { start(): Promise<unknown> }> } // of the generation
  return [...sources.values()]
}
