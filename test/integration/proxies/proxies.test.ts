import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, run, type Run, send, type Site, stop, usual } from '../../contract/process/harness.ts'
import { bearer, checkout, svid } from '../../support/world.ts'
import { startUpstream, type Upstream } from '../envoy/envoy.ts'
import { freePort } from '../../../bench/contenders/free-port.ts'

// The shipped examples as they stand, but for their addresses and the key.

const example = (path: string) => readFile(fileURLToPath(new URL(`../../../deploy/${path}`, import.meta.url)), 'utf8')

interface Ports {
  readonly proxy: number
  readonly pdp: number
  readonly upstream: number
}

const placed = (text: string, ports: Ports, key: string): string =>
  text
    .replaceAll('127.0.0.1:8000', `127.0.0.1:${ports.proxy}`)
    .replaceAll('127.0.0.1:9192', `127.0.0.1:${ports.pdp}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${ports.upstream}`)
    .replaceAll('sp_pep_replace-me', key)

const proxies = [
  {
    name: 'nginx',
    async start(site: Site, ports: Ports): Promise<ChildProcess> {
      const text = placed(await example('nginx/nginx.conf'), ports, site.key)
      const config = await site.file('nginx.conf', `daemon off;\npid ${join(site.folder, 'nginx.pid')};\n${text}`)
      return spawn('/usr/sbin/nginx', ['-c', config, '-e', 'stderr'], { stdio: ['ignore', 'ignore', 'pipe'] })
    },
  },
  {
    name: 'caddy',
    async start(site: Site, ports: Ports): Promise<ChildProcess> {
      const config = await site.file('Caddyfile', placed(await example('caddy/Caddyfile'), ports, site.key))
      const args = ['run', '--config', config, '--adapter', 'caddyfile']
      const env = { PATH: process.env['PATH'] ?? '', HOME: site.folder }
      return spawn('/usr/bin/caddy', args, { stdio: ['ignore', 'ignore', 'pipe'], env })
    },
  },
] as const

describe.each(proxies)('$name', ({ name, start }) => {
  let site: Site
  let pdp: Run
  let upstream: Upstream
  let proxy: ChildProcess
  let ports: Ports
  beforeAll(async () => {
    site = await createSite()
    upstream = await startUpstream()
    ports = { proxy: await freePort(), pdp: await freePort(), upstream: upstream.port }
    await site.configure({
      listen: { ...usual.listen, http_authz: `127.0.0.1:${ports.pdp}` },
      http_authz: { convention: name, source_address_header: 'x-real-ip' },
      peps: { gateway: { bearer: 'file:gateway.key', failure_mode_allow: false } },
    })
    pdp = run(['start'], site.folder)
    await pdp.says(/http_authz/)
    proxy = await start(site, ports)
    let said = ''
    proxy.stderr?.on('data', (piece: Buffer) => (said += piece.toString()))
    for (let tries = 0; ; tries++) {
      const answer = await ask({}).catch(() => undefined)
      if (answer) break
      if (tries === 100 || proxy.exitCode !== null) throw new Error(`${name} did not start: ${said}`)
      await delay(100)
    }
  })
  afterAll(async () => {
    proxy.kill('SIGTERM')
    await once(proxy, 'exit')
    await upstream.close()
    await stop(pdp)
    await site.remove()
  })
  beforeEach(() => {
    upstream.received.length = 0
  })

  const ask = (headers: Record<string, string>, path = '/v1/orders/42', method = 'GET') =>
    send(`http://127.0.0.1:${ports.proxy}`, path, { method, headers: { host: '127.0.0.1', ...headers } })
  const allowed = () => bearer(svid({ now: instant(Date.now()) }))

  test('an allow reaches the service with who is calling; what the client says of that is gone', async () => {
    const spoofed = { 'x-sallyport-subject': 'spiffe://evil.example/x', 'x-sallyport-assurance': '4' }
    expect(await ask({ ...allowed(), ...spoofed })).toMatchObject({ status: 200, body: 'upstream' })
    const [seen] = upstream.received
    expect(seen?.url).toBe('/v1/orders/42')
    expect(seen?.headers).toMatchObject({ 'x-sallyport-subject': checkout, 'x-sallyport-assurance': '1' })
    expect(seen?.headers['x-sallyport-decision-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(seen?.headers).not.toHaveProperty('x-sallyport-pep-key')
  })

  test('no credential is 401 with the challenge', async () => {
    const reply = await ask({})
    expect(reply.status).toBe(401)
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer, DPoP algs=/)
    expect(upstream.received).toEqual([])
  })

  test.each([
    ['another action', '/v1/orders/42', 'DELETE'],
    ['two slashes', '//v1/orders/42', 'GET'],
    ['an encoded slash', '/v1%2forders/42', 'GET'],
    ['dot segments', '/v1/x/../orders/42', 'GET'],
    ["the decision point's own paths", '/authorize', 'GET'],
  ])('%s is 403', async (_, path, method) => {
    expect((await ask(allowed())).status).toBe(200)
    upstream.received.length = 0
    expect((await ask(allowed(), path, method)).status).toBe(403)
    expect(upstream.received).toEqual([])
  })

  test('headers by which a client would choose another request are the proxy’s own', async () => {
    const chosen = { 'x-original-uri': '/v1/orders/42', 'x-original-method': 'GET', 'x-forwarded-uri': '/v1/orders/42' }
    const reply = await ask({ ...allowed(), ...chosen, 'x-forwarded-method': 'GET' }, '/v1/orders/42', 'DELETE')
    expect(reply.status).toBe(403)
    expect(upstream.received).toEqual([])
  })

  test('the address of the client is what the proxy sees, not what the client says', async () => {
    // what is no address is refused: so an allow shows that it did not arrive
    expect((await ask({ ...allowed(), 'x-real-ip': 'of my choice' })).status).toBe(200)
    const asked = { ...allowed(), 'x-sallyport-pep-key': site.key, 'x-real-ip': 'of my choice' }
    const original = { 'x-original-method': 'GET', 'x-original-uri': '/v1/orders/42' }
    const forwarded = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/v1/orders/42', 'x-forwarded-proto': 'http' }
    const direct = (headers: Record<string, string>) =>
      send(`http://127.0.0.1:${ports.pdp}`, '/', {
        headers: { ...original, ...forwarded, 'x-forwarded-host': '127.0.0.1', ...headers },
      })
    expect((await direct({ ...asked, 'x-real-ip': '127.0.0.1' })).status).toBe(200)
    expect((await direct(asked)).status).toBe(403)
  })

  test('with the decision point gone nothing passes', async () => {
    expect((await ask(allowed())).status).toBe(200)
    await stop(pdp)
    upstream.received.length = 0
    expect((await ask(allowed())).status).toBeGreaterThanOrEqual(500)
    expect(upstream.received).toEqual([])
  })
})
