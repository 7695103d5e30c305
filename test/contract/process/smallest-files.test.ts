import { readFile, stat } from 'node:fs/promises'
import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readYaml } from '../../../pdp/config/read-yaml.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { readSigningKey } from '../../../pdp/policy/signature/read-signing-key.ts'
import { signBundle } from '../../../pdp/policy/sign-bundle.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { accessToken, bearer, issuerKey } from '../../support/world.ts'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, type Run, run, send, serve, type Site, stop } from './harness.ts'

// The smallest configurations, as the design has them. The first is whole; the others say what is added to it.
const express = `# an Express service on the same host
services: { orders: { audiences: [https://orders.example.org], peps: [orders-api] } }
peps: { orders-api: { bearer: file:/etc/sallyport/orders-api.key } }        # made by \`sallyport pep add orders-api\`
trust: [ { issuer: https://login.example.org, environment: production } ]
bundles: { orders: { file: ./orders.tar.gz, signer: file:./signer.pub } }
`
const sidecar = `# an Envoy sidecar with SPIFFE: as above, and
listen: { ext_authz: unix:/run/sallyport/ext-authz.sock }
peps: { sidecar: { socket: ext_authz, vouch: { peer_certificate: true }, failure_mode_allow: false } }
trust: [ { spiffe: prod.example, from: unix:/run/spire/agent.sock, environment: production } ]   # enables both kinds of SVID
`
const fleet = `# a fleet: either of the above, and (a non-loopback address also needs tls and PEPs by spiffe_id)
fleet: { redis: rediss://redis.internal:6380, secret: file:/run/secrets/fleet }
`

type Sections = Record<string, Record<string, unknown> | unknown[]>

/** One file over another: sections are merged, lists replaced. */
function over(text: string, more: string): Sections {
  const base = parse(text) as Sections // sections, in these files
  for (const [name, section] of Object.entries(parse(more) as Sections)) {
    const before = base[name]
    base[name] = Array.isArray(section) || Array.isArray(before) || !before ? section : { ...before, ...section }
  }
  return base
}

describe('each is accepted as it stands, with every default', () => {
  test('an Express service on the same host', () => {
    const read = readYaml(express)
    const parsed = parseConfig(read.ok && read.value)
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        services: { orders: { identity: 'required', reuse_max_s: 0 } },
        listen: { decisions: '127.0.0.1:7070', health: '127.0.0.1:7071' },
        audit: { mode: 'written' },
        workers: 1,
      },
    })
  })

  test('a fleet', () => {
    const parsed = parseConfig(over(express, fleet))
    expect(parsed).toMatchObject({ ok: true, value: { fleet: { l2: 'auto', prefix: 'sallyport:', timeout_ms: 10 } } })
  })

  test('an Envoy sidecar with SPIFFE', () => {
    const parsed = parseConfig(over(express, sidecar))
    expect(parsed).toMatchObject({ ok: true, value: { trust: [{ from: 'unix:/run/spire/agent.sock' }] } })
  })
})

describe('the first one serves', () => {
  let site: Site
  const running: Run[] = []
  beforeEach(async () => {
    site = await createSite()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(stop))
    await site.remove()
  })

  test('with its paths replaced: its own key, its own signer, an allow', async () => {
    const made = run(['pep', 'add', 'orders-api'], site.folder)
    let key = ''
    made.child.stdout?.on('data', (piece: Buffer) => (key += piece.toString()))
    expect(await made.ended()).toBe(0)
    key = key.trim()
    expect(key).toMatch(/^sp_pep_[A-Za-z0-9_-]{43}$/)
    expect((await stat(join(site.folder, 'orders-api.key'))).mode & 0o777).toBe(0o600)
    expect(await readFile(join(site.folder, 'orders-api.key'), 'utf8')).not.toContain(key)

    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signingKey = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    if (!signingKey.ok) throw new Error(signingKey.detail)
    const signed = await signBundle(await exampleBundle('orders'), signingKey.value)
    if (!signed.ok) throw new Error(signed.detail)
    await site.file('orders.tar.gz', signed.value)
    await site.file('signer.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString())
    await site.file('keys.json', JSON.stringify({ keys: [issuerKey.jwk] }))
    const text = express
      .replace('/etc/sallyport/orders-api.key', './orders-api.key')
      .replace('https://login.example.org, ', 'https://login.example.org, jwks: file:./keys.json, ')
    await site.file('sallyport.yaml', text)
    const pdp = await serve(site, anyPort)
    running.push(pdp)
    const { status, body } = await ask(pdp.decisions, key)
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({
      subject: { id: 'https://login.example.org#checkout' },
      policy: { bundle: 'orders' },
    })
    expect((await send(pdp.health, '/readyz')).status).toBe(200)
    expect((await ask(pdp.decisions, `${key}x`)).status).toBe(401)
  })

  test('a bundle that another signed does not start', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await site.file('signer.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString())
    await site.file('sallyport.yaml', express.replace('/etc/sallyport/orders-api.key', './gateway.key'))
    const refused = run(['start'], site.folder, anyPort)
    expect(await refused.ended()).toBe(3)
    expect(refused.said()).toMatch(/^bundle `orders`: .*not signed/)
  })

  const anyPort = { SALLYPORT_LISTEN__DECISIONS: '127.0.0.1:0', SALLYPORT_LISTEN__HEALTH: '127.0.0.1:0' }

  const ask = (where: string, key: string) =>
    send(where, '/authorize', {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        request: {
          method: 'GET',
          url: 'https://orders.example.org/v1/orders/42',
          headers: bearer(accessToken({ now: instant(Date.now()) })),
        },
        action: { name: 'read' },
        resource: { type: 'order', id: '42' },
      }),
    })
})
