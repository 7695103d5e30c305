import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Pdp } from '../../../pdp/compose/pdp.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { gzipClauses } from '../../../pdp/policy/gunzip.ts'
import { statementClauses } from '../../../pdp/policy/signature/check-statement.ts'
import { signatureClauses } from '../../../pdp/jose/verify-jws.ts'
import { clientCredentialsClauses } from '../../../pdp/policy/sources/client-credentials.ts'
import { connectClauses } from '../../../pdp/policy/sources/connect.ts'
import {
  createHttpSource,
  httpSourceClauses,
  type HttpSourceSettings,
} from '../../../pdp/policy/sources/http-source.ts'
import { tokenResponseClauses } from '../../../pdp/policy/sources/read-token-response.ts'
import { type BundleServer, startBundleServer } from '../../support/bundle-server.ts'
import { eventually } from '../../support/eventually.ts'
import { type Answer, json, raw, redirect, reset, silent, slowBody, status } from '../../support/issuer-server.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { badBundles } from './bad-bundles.ts'
import { askAbout, type BundlePlace, createBundlePlace } from './bundle-harness.ts'

const { good, whole, rows } = await badBundles()
const now = Date.now()
const numbered = (sequence: number) => good({ sequence, active: 0, now })
const rowNamed = (name: string) => {
  const row = rows.find((one) => one.name === name)
  if (!row) throw new Error('the row is missing')
  return row
}
const deltaOver = (active: number) =>
  rowNamed('an unsigned delta').twin?.({ sequence: active + 1, active, now }) ?? Buffer.alloc(0)

const clock = () => instant(Date.now())
const never = new AbortController().signal
const gzipped =
  (body: Uint8Array | string): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/gzip', etag: '"x"' }).end(body)
  }

let place: BundlePlace
let server: BundleServer
const running: Pdp[] = []
const servers: BundleServer[] = []
beforeEach(async () => {
  place = await createBundlePlace()
  server = await serve()
})
afterEach(async () => {
  for (const pdp of running.splice(0)) await pdp.close()
  for (const one of servers.splice(0)) await one.down()
  await place.remove()
})

async function serve(options: Parameters<typeof startBundleServer>[0] = {}): Promise<BundleServer> {
  const started = await startBundleServer(options)
  servers.push(started)
  return started
}
const fromServer = (more: object = {}, { url } = server, at = place) =>
  at.config((bundle) => {
    delete bundle['file']
    bundle['http'] = { url, every_s: 1, ...more }
  })
async function start(config = fromServer()): Promise<Pdp> {
  const pdp = await place.start({ config })
  running.push(pdp)
  return pdp
}
const stop = async () => running.pop()?.close()
const sourceOf = (more: Partial<HttpSourceSettings> = {}) =>
  createHttpSource({ url: server.url, timeout: seconds(5), maximumBytes: 1 << 20, ...more }, clock)
const held = (pdp: Pdp) => pdp.status().bundles[0]

describe('a server that is followed', () => {
  test('is asked with the tag of what is held; what is new becomes active, what is refused does not', async () => {
    server.publish(numbered(1))
    const pdp = await start()
    await eventually(() => expect(server.asked.at(-1)).toMatchObject({ 'if-none-match': '"1"' }))
    expect(server.asked[0]).toMatchObject({ prefer: 'modes=snapshot' })
    expect(server.asked.at(-1)).toMatchObject({ prefer: 'modes=snapshot,delta' })
    server.publish(numbered(3), rowNamed('signed by strangers').defect({ sequence: 3, active: 1, now }))
    await eventually(() => expect(held(pdp)).toMatchObject({ sequence: 3 })) // the delta was refused, and the whole asked for
    expect(held(pdp)).not.toHaveProperty('fault')
    server.publish(numbered(2))
    await eventually(() => expect(held(pdp)).toMatchObject({ sequence: 3, fault: { clause: statementClauses.older } }))
    expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
    server.publish(numbered(4))
    await eventually(() => expect(held(pdp)).toMatchObject({ sequence: 4 }))
  })

  test('that holds its answers tells at once, with deltas that are verified as snapshots are', async () => {
    const holding = await serve({ holds: true })
    holding.publish(numbered(1))
    const pdp = await start(fromServer({ wait_s: 60, every_s: 3_600 }, holding))
    await eventually(() => expect(holding.asked.at(-1)).toMatchObject({ prefer: 'modes=snapshot,delta;wait=60' }))
    holding.publish(numbered(3), deltaOver(1))
    await eventually(() => expect(held(pdp)).toMatchObject({ sequence: 2 }))
    await eventually(() => expect(holding.asked.at(-1)).toMatchObject({ 'if-none-match': '"2"' }))
    holding.publish(numbered(3), rowNamed('an unsigned delta').defect({ sequence: 3, active: 2, now }))
    await eventually(() => expect(held(pdp)).toMatchObject({ sequence: 3 }))
    const refused = (await place.records('bundle')).filter(({ act }) => act === 'refused')
    expect(refused).toMatchObject([{ clause: rowNamed('an unsigned delta').clause }])
  })

  test('that is gone is told, and asked again until it is back', async () => {
    server.publish(numbered(1))
    const pdp = await start()
    server.fail(status(503))
    await eventually(() => expect(held(pdp)).toMatchObject({ fault: { clause: httpSourceClauses.fetched } }))
    expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
    server.publish(numbered(2))
    await eventually(() => expect(held(pdp)).toMatchObject({ sequence: 2 }))
    expect(held(pdp)).not.toHaveProperty('fault')
  })
})

describe('a decision point that begins', () => {
  test('without its server answers as before; without anything kept it does not begin', async () => {
    await server.down()
    await expect(start()).rejects.toThrow(httpSourceClauses.fetched)
    await server.up()
    server.publish(numbered(1))
    await start()
    await stop()
    await server.down()
    const pdp = await start()
    expect(await askAbout(pdp, 42)).toMatchObject(['ALLOWED', expect.anything()])
    expect(held(pdp)).toMatchObject({ sequence: 1, fault: { clause: httpSourceClauses.fetched } })
    expect(await pdp.reload(async () => fromServer({ every_s: 2 }))).toMatchObject({ applied: true })
  })

  test('takes the whole under the sequence of the last delta, where both come to the same', async () => {
    server.publish(numbered(1))
    const pdp = await start()
    expect(await pdp.updateBundle('t', deltaOver(1))).toEqual({ outcome: 'activated' })
    const clause = statementClauses.content
    expect(await pdp.updateBundle('t', numbered(2))).toMatchObject({ outcome: 'refused', clause })
    expect(await pdp.updateBundle('t', whole({ sequence: 2, active: 1, now }))).toEqual({ outcome: 'activated' })
    expect(held(pdp)).toMatchObject({ sequence: 2 })
  })
})

describe('what a server answers and is refused', () => {
  // one decision point, whose bundle is newer after each row
  let active = 5
  let shared: { readonly place: BundlePlace; readonly server: BundleServer; readonly pdp: Pdp }
  beforeAll(async () => {
    const [itsPlace, itsServer] = await Promise.all([createBundlePlace(), startBundleServer()])
    itsServer.publish(numbered(active))
    const pdp = await itsPlace.start({ config: fromServer({ every_s: 3_600 }, itsServer, itsPlace) })
    shared = { place: itsPlace, server: itsServer, pdp }
  })
  afterAll(async () => {
    await shared.pdp.close()
    await shared.server.down()
    await shared.place.remove()
  })

  const bad = (name: string) => () => gzipped(rowNamed(name).defect({ sequence: active + 1, active, now }))
  test.for<readonly [string, () => Answer, string, Partial<HttpSourceSettings>?]>([
    ['nothing in time', () => silent, httpSourceClauses.fetched, { timeout: seconds(0.1) }],
    ['slowly', () => slowBody(10), httpSourceClauses.fetched, { timeout: seconds(0.1) }],
    ['a connection that is cut', () => reset, httpSourceClauses.fetched],
    [
      'half an answer',
      () => raw('HTTP/1.1 200 OK\r\ncontent-type: application/gzip\r\ncontent-length: 999\r\n\r\nhalf'),
      httpSourceClauses.fetched,
    ],
    ['what is not HTTP', () => raw('220 mail.example.org\r\n'), httpSourceClauses.fetched],
    ['500', () => status(500), httpSourceClauses.fetched],
    ['404', () => status(404), httpSourceClauses.fetched],
    ['401', () => status(401), httpSourceClauses.fetched],
    ['304 to who holds nothing', () => status(304), httpSourceClauses.unasked],
    ['a redirect', () => redirect('https://elsewhere.example/t.tar.gz'), httpSourceClauses.fetched],
    ['a page', () => json({}, 'text/html'), httpSourceClauses.fetched],
    ['more than may be', () => gzipped(Buffer.alloc(65_537)), httpSourceClauses.fetched, { maximumBytes: 65_536 }],
    ['garbage', () => gzipped('garbage'), gzipClauses.format],
    ['an older bundle', bad('older'), statementClauses.older],
    ['a bundle of another signer', bad('signed by strangers'), signatureClauses.signature],
  ])('%s', async ([, answer, clause, more]) => {
    const { server, pdp } = shared
    const before = held(pdp)?.digest
    const source = sourceOf({ url: server.url })
    const offerOf = async (from = source) => {
      const answered = await from.ask('now', never)
      if (!answered.ok) return answered
      return answered.value === 'unchanged' ? new Error('unchanged') : answered.value
    }
    server.fail(answer())
    expect(await pdp.updateBundle('t', await offerOf(sourceOf({ url: server.url, ...more })))).toMatchObject({
      outcome: 'refused',
      clause,
    })
    expect(held(pdp)).toMatchObject({ digest: before, fault: { clause } })
    expect((await askAbout(pdp, 42))[0]).toBe('ALLOWED')
    active += 1
    server.publish(numbered(active))
    expect(await pdp.updateBundle('t', await offerOf())).toEqual({ outcome: 'activated' })
    expect(held(pdp)).not.toHaveProperty('fault')
  })
})

describe('what a server is shown', () => {
  const taken = async (source = sourceOf()) => (await source.ask('now', never)).ok

  test('a bearer token, of the file as it is now', async () => {
    const file = join(place.folder, 'token')
    await writeFile(file, 'first\n')
    server.publish(numbered(1))
    const source = sourceOf({ bearer: file })
    expect(await taken(source)).toBe(true)
    await writeFile(file, 'second\n')
    expect(await taken(source)).toBe(true)
    expect(server.asked.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second'])
    await writeFile(file, 'two\nlines\n')
    expect(await source.ask('now', never)).toMatchObject({ ok: false, clause: connectClauses.secret })
    expect(await sourceOf({ bearer: `${file}.absent` }).ask('now', never)).toMatchObject({
      ok: false,
      clause: connectClauses.file,
    })
  })

  test('a certificate, of the files as they are now', async () => {
    const [tls, first, second] = [0, 1, 2].map(() => createServerCertificate(['localhost']))
    if (!tls || !first || !second) throw new Error('certificates are missing')
    const seen: (string | undefined)[] = []
    const secure = await serve({ tls: { ...tls, requestCert: true, rejectUnauthorized: false } as never }) // any is taken; it is the test that looks
    secure.fail((request, response) => {
      const { getPeerX509Certificate } = request.socket as unknown as {
        getPeerX509Certificate?(): { fingerprint256: string } | undefined
      }
      seen.push(getPeerX509Certificate?.call(request.socket)?.fingerprint256)
      gzipped('x')(request, response)
    })
    const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => join(place.folder, `${name}.pem`)) as [
      string,
      string,
      string,
    ]
    const put = async (pair: typeof first) => Promise.all([writeFile(cert, pair.cert), writeFile(key, pair.key)])
    await writeFile(ca, tls.cert)
    await put(first)
    const source = sourceOf({ url: secure.url, ca, certificate: { cert, key } })
    expect(await taken(source)).toBe(true)
    await put(second)
    expect(await taken(source)).toBe(true)
    expect(new Set(seen).size).toBe(2)
    expect(seen).not.toContain(undefined)
    await writeFile(key, first.key)
    expect(await source.ask('now', never)).toMatchObject({ ok: false, clause: connectClauses.certificate })
  })

  test('an OAuth2 token, kept for its life and asked for anew when it was refused', async () => {
    const secret = join(place.folder, 'secret')
    await writeFile(secret, 's3cret\n')
    const forms: string[] = []
    let made = 0
    server.answer('/token', (request, response) => {
      let form = ''
      request.on('data', (chunk: Buffer) => (form += chunk.toString()))
      request.on('end', () => {
        forms.push(`${request.headers.authorization} ${form}`)
        json({ access_token: `t${++made}`, token_type: 'Bearer', expires_in: 3600 })(request, response)
      })
    })
    server.publish(numbered(1))
    const clientCredentials = { tokenUrl: `${server.origin}/token`, clientId: 'pdp', secret, scope: 'bundles' }
    const source = sourceOf({ clientCredentials })
    expect([await taken(source), await taken(source)]).toEqual([true, true])
    server.fail(status(401))
    expect(await taken(source)).toBe(false)
    server.publish(numbered(2))
    expect(await taken(source)).toBe(true)
    expect(server.asked.map(({ authorization }) => authorization)).toEqual(
      ['t1', 't1', 't1', 't2'].map((t) => `Bearer ${t}`),
    )
    expect(forms[0]).toBe(
      `Basic ${Buffer.from('pdp:s3cret').toString('base64')} grant_type=client_credentials&scope=bundles`,
    )
    server.answer('/token', status(400))
    expect(await sourceOf({ clientCredentials }).ask('now', never)).toMatchObject({
      clause: clientCredentialsClauses.token,
    })
    server.answer('/token', json({ access_token: 'x', token_type: 'mac' }))
    expect(await sourceOf({ clientCredentials }).ask('now', never)).toMatchObject({ clause: tokenResponseClauses.form })
  })
})

test('files of credentials may be renamed into place while a request is under way', async () => {
  const file = join(place.folder, 'token')
  await writeFile(file, 'first\n')
  server.publish(numbered(1))
  const source = sourceOf({ bearer: file })
  const first = source.ask('now', never)
  await writeFile(`${file}.new`, 'second\n')
  await rename(`${file}.new`, file)
  expect((await first).ok).toBe(true)
})
