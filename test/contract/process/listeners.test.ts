import { rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../pdp/core/digest.ts'
import { createServerCertificate, type ServerCertificate } from '../../support/server-certificate.ts'
import { ask, createSite, type Run, send, serve, type Serving, type Site, stop, usual } from './harness.ts'

let site: Site
const running: Run[] = []
const started = async () => {
  const process = await serve(site)
  running.push(process)
  return process
}
beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  await site.remove()
})

const allow = expect.stringContaining('"decision":"allow"')

describe('health and metrics', () => {
  test('every path, and nothing else', async () => {
    const { health } = await started()
    expect(await send(health, '/livez')).toMatchObject({ status: 200, body: 'ok\n' })
    expect(await send(health, '/readyz')).toMatchObject({ status: 200, body: 'ok\n' })
    const verbose = await send(health, '/readyz?verbose')
    expect(JSON.parse(verbose.body)).toEqual({
      ready: true,
      checks: [
        { name: 'process', ok: true, detail: 'running' },
        { name: 'bundle orders', ok: true, detail: expect.stringMatching(/^revision [0-9a-f]+/) },
        { name: 'trust prod.example', ok: true, detail: expect.stringMatching(/^1 keys, \d+ s old$/) },
        { name: 'revocation', ok: true, detail: '0 changes' },
        { name: 'audit', ok: true, detail: 'writable' },
      ],
    })
    expect((await send(health, '/')).status).toBe(404)
    expect((await send(health, '/authorize', { method: 'POST' })).status).toBe(405)
    expect(await send(health, '/livez', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' })
  })

  test('what happened is counted, by labels that callers do not choose', async () => {
    const pdp = await started()
    await ask(pdp.decisions, site.key)
    await ask(pdp.decisions, site.key)
    await ask(pdp.decisions, `${site.key}x`)
    const { body, headers } = await send(pdp.health, '/metrics')
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(body).toMatch(
      /^sallyport_decisions_total\{effect="allow",code="ALLOWED",door="[a-z]+",service="orders"\} 2$/m,
    )
    expect(body).toMatch(/^sallyport_requests_refused_total\{code="PEP_UNAUTHENTICATED"\} 1$/m)
    expect(body).toMatch(/^sallyport_decision_duration_seconds_count 2$/m)
    expect(body).toMatch(/^sallyport_audit_records_total 4$/m) // start, its key, and two decisions
    expect(body).toMatch(/^sallyport_bundle_info\{bundle="orders",revision="[0-9a-f]+"\} 1$/m)
    expect(body).toMatch(/^sallyport_trust_source_age_seconds\{source="prod\.example"\} \d/m)
    for (const secret of [site.key, 'checkout', '/v1/orders']) expect(body).not.toContain(secret)
  })

  test('an authority that has no keys: alive, not ready, and it says why', async () => {
    await site.configure({ trust: [{ spiffe: 'prod.example', from: 'file:absent.json' }] })
    const pdp = await started()
    await pdp.says(/not ready: trust prod.example: no keys yet; file cannot be read: ENOENT/)
    expect((await send(pdp.health, '/livez')).status).toBe(200)
    expect((await send(pdp.health, '/readyz')).status).toBe(503)
    expect((await ask(pdp.decisions, site.key)).body).toContain('TRUST_UNAVAILABLE')
  })
})

describe('administration', () => {
  test('a Unix socket of mode 0600, which the key of an enforcement point does not open over TCP', async () => {
    const key = `sp_admin_${'k'.repeat(43)}`
    await site.file('alice.key', `sha256:${sha256(key)}\n`)
    await site.configure({
      listen: { ...usual.listen, admin: '127.0.0.1:0' },
      admin: { tokens: { alice: { bearer: 'file:alice.key', roles: ['audit:read'] } } },
    })
    const pdp = await started()
    const status = (headers: Readonly<Record<string, string>>) => send(pdp.admin, '/v1/status', { headers })
    expect(await status({ authorization: `Bearer ${key}` })).toMatchObject({ status: 200 })
    expect((await status({ authorization: `Bearer ${site.key}` })).status).toBe(401)
    expect((await status({})).status).toBe(401)
    expect((await status({ authorization: `Bearer ${key}`, host: 'evil.example' })).status).toBe(400)
    expect((await ask(pdp.decisions, key)).status).toBe(401)
  })

  test('the status', async () => {
    const pdp = await started()
    expect((await stat(join(site.folder, 'state', 'admin.sock'))).mode & 0o777).toBe(0o600)
    expect(JSON.parse((await send(pdp.admin, '/v1/status')).body)).toMatchObject({
      ready: true,
      demo: false,
      config: expect.stringMatching(/^sha256:/),
      bundles: [{ name: 'orders', signed: false }],
      trust: [{ name: 'prod.example', keys: 1, stale: false }],
      audit: { writable: true },
    })
  })
})

test('decisions on a Unix socket of the mode that was asked for, by whoever may open it', async () => {
  await site.configure({
    listen: { decisions: 'unix:pdp.sock', health: '127.0.0.1:0', socket_mode: '0660' },
    peps: { gateway: { socket: 'decisions' } },
  })
  const pdp = await started()
  expect(pdp.decisions).toBe(`unix:${join(site.folder, 'pdp.sock')}`)
  expect((await stat(join(site.folder, 'pdp.sock'))).mode & 0o777).toBe(0o660)
  const body = JSON.stringify({ action: { name: 'read' }, resource: { type: 'order', id: '42' } })
  const reply = await send(pdp.decisions, '/authorize', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  expect([reply.status, reply.body]).toEqual([200, expect.stringContaining('CREDENTIAL_MISSING')])
})

describe('TLS', () => {
  const first = createServerCertificate(['localhost'])
  const second = createServerCertificate(['localhost'])
  const put = async ({ cert, key }: ServerCertificate) => {
    await site.file('tls.pem.new', cert)
    await site.file('tls.key.new', key)
    for (const name of ['tls.pem', 'tls.key']) await rename(join(site.folder, `${name}.new`), join(site.folder, name))
  }
  const shown = (pdp: Serving) =>
    new Promise<string>((resolve, reject) => {
      const { port, hostname } = new URL(pdp.decisions)
      const socket = connect({ port: Number(port), host: hostname, rejectUnauthorized: false }, () => {
        resolve(sha256(socket.getPeerCertificate().raw))
        socket.destroy()
      })
      socket.on('error', reject)
    })
  const digestOf = ({ cert }: ServerCertificate) => {
    const lines = cert.split('\n').filter((line) => !line.startsWith('-----'))
    return sha256(Buffer.from(lines.join(''), 'base64'))
  }

  beforeEach(async () => {
    await put(first)
    await site.configure({
      tls: { cert: 'file:tls.pem', key: 'file:tls.key' },
      listen: { decisions: '127.0.0.1:0', health: '127.0.0.1:0' },
    })
  })

  const insecure = { rejectUnauthorized: false } // who the server is, is not what these tests are about

  test('an enforcement point by its certificate: that one, not another, not none', async () => {
    const own = createServerCertificate(['gateway'])
    const other = createServerCertificate(['gateway'])
    await site.file('ca.pem', own.cert + other.cert) // both are accepted; one is configured
    await site.configure({
      tls: { cert: 'file:tls.pem', key: 'file:tls.key', client_ca: 'file:ca.pem' },
      peps: { gateway: { cert_sha256: digestOf(own) } },
    })
    const pdp = await started()
    const by = (client: Partial<ServerCertificate>) =>
      ask(pdp.decisions, undefined, undefined, { ...insecure, ...client })
    expect(await by(own)).toMatchObject({ status: 200, body: allow })
    expect((await by(other)).status).toBe(401)
    expect((await by({})).status).toBe(401)
  })

  test('a key over TLS', async () => {
    const pdp = await started()
    expect(await ask(pdp.decisions, site.key, undefined, insecure)).toMatchObject({ status: 200, body: allow })
    expect((await ask(pdp.decisions, `${site.key}x`, undefined, insecure)).status).toBe(401)
  })

  test('plain HTTP is not spoken; a new certificate is taken by itself, a broken one is not', async () => {
    const pdp = await started()
    expect(pdp.decisions).toMatch(/^https:/)
    await expect(ask(pdp.decisions.replace('https:', 'http:'), site.key)).rejects.toThrow(/socket hang up|ECONNRESET/)
    expect(await shown(pdp)).toBe(digestOf(first))
    await put(second)
    await pdp.says(/certificate replaced/)
    expect(await shown(pdp)).toBe(digestOf(second))
    await writeFile(join(site.folder, 'tls.key'), first.key)
    await pdp.says(/certificate kept: tls: certificate and key cannot be used together/)
    expect(await shown(pdp)).toBe(digestOf(second))
  })

  test('SIGHUP takes it at once', async () => {
    const pdp = await started()
    await put(second)
    pdp.child.kill('SIGHUP')
    await pdp.says(/configuration in use/)
    for (let i = 0; i < 100 && (await shown(pdp)) !== digestOf(second); i++) await delay(10)
    expect(await shown(pdp)).toBe(digestOf(second))
  })
})

test('the control: an ask of this suite is an allow', async () => {
  const pdp = await started()
  expect(await ask(pdp.decisions, site.key)).toMatchObject({ status: 200, body: allow })
})
