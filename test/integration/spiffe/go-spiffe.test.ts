import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSpiffeId } from '../../../pdp/core/spiffe-id.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { timerSchedule } from '../../../pdp/net/schedule.ts'
import { createBundleEndpoint } from '../../../pdp/trust/bundle-endpoint.ts'
import { isEndpoint } from '../../../pdp/trust/endpoint-identity.ts'
import { readSpiffeBundle } from '../../../pdp/trust/read-spiffe-bundle.ts'
import { createSite, run, type Run, send, serve, type Site, stop, usual } from '../../contract/process/harness.ts'
import { createAuthority, pemOf, type TestCertificate } from '../../support/certificates.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { json, startIssuer } from '../../support/issuer-server.ts'
import { createTestKey, signJwt } from '../../support/keys.ts'
import { startAgent } from '../../support/workload-api.ts'
import { checkout } from '../../support/world.ts'
import { type GoSpiffe, startGoSpiffe } from './go-spiffe-peer.ts'

const domain = 'prod.example'
const pdpId = `spiffe://${domain}/pdp`
const endpointId = `spiffe://${domain}/bundle-endpoint`
const audience = 'https://orders.example.org'

let site: Site
let go: GoSpiffe
const running: Run[] = []
const ends: (() => unknown)[] = []
beforeEach(async () => {
  site = await createSite()
  go = await startGoSpiffe(domain)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  for (const end of ends.splice(0).reverse()) await end()
  go.close()
  await site.remove()
})

const present = () => ({ notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 })
const keyPem = ({ key }: TestCertificate) => key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

interface Answered {
  readonly decision: string
  readonly code: string
  readonly subject?: { readonly id: string; readonly methods: readonly string[] }
}
const ask = async (where: string, evidence: object): Promise<Answered> => {
  const reply = await send(where, '/authorize/orders', {
    method: 'POST',
    rejectUnauthorized: false, // who serves is not what these asks are about
    headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      request: { method: 'GET', url: `${audience}/v1/orders/42`, headers: {}, ...evidence },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    }),
  })
  return JSON.parse(reply.body) as Answered // whatever it is, the test compares it
}
const jwtSvid = async (id = checkout) => {
  const { token } = await go.act<{ token: string }>({ act: 'jwt-svid', id, audience: [audience] })
  return { headers: { authorization: `Bearer ${token}` } }
}
const x509Svid = async (id = checkout) => {
  const { chain } = await go.act<{ chain: string }>({ act: 'x509-svid', id })
  return { certificate: chain }
}
const goBundle = async () => (await go.act<{ bundle: string }>({ act: 'bundle' })).bundle
const authoritiesOf = async () => {
  const bundle = readSpiffeBundle(await goBundle())
  return bundle.ok ? bundle.value.x509Authorities : []
}
const pemOfAll = (list: readonly Uint8Array[]) => pemOf(...list.map((der) => ({ der: Buffer.from(der) })))

const trustIn = (from: string, more = {}) => ({
  peps: { gateway: { bearer: 'file:gateway.key', vouch: { peer_certificate: true } } },
  trust: [{ spiffe: domain, from, environment: 'production', path: '/ns/{namespace}/sa/{service_account}', ...more }],
})

describe('its Workload API', () => {
  const start = async () => {
    const socket = join(site.folder, 'agent.sock')
    await go.act({ act: 'serve-agent', id: pdpId, socket })
    await site.configure({ ...usual, ...trustIn('unix:agent.sock'), tls: { spiffe: 'unix:agent.sock' } })
    const started = await serve(site)
    running.push(started)
    return started
  }
  const peerOf = async (where: string) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(where).port), rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { raw, subjectaltname } = socket.getPeerCertificate()
    socket.destroy()
    return { raw, name: subjectaltname }
  }

  test('gives the bundles that its SVIDs of both kinds verify under, here', async () => {
    const { decisions } = await start()
    expect(await ask(decisions, await jwtSvid())).toMatchObject({
      decision: 'allow',
      subject: { id: checkout, methods: ['jwt-svid'] },
    })
    expect(await ask(decisions, await x509Svid())).toMatchObject({
      decision: 'allow',
      subject: { id: checkout, methods: ['x509-svid', 'tls-handshake'] },
    })
    const other = await startGoSpiffe(domain)
    ends.push(other.close)
    const foreign = await other.act<{ chain: string }>({ act: 'x509-svid', id: checkout })
    expect(await ask(decisions, { certificate: foreign.chain }), 'of another authority').toMatchObject({
      decision: 'deny',
      code: 'SIGNATURE_INVALID', // it has the same name
    })
  })

  test('gives our listeners their certificate, and renews it', async () => {
    const { decisions, said } = await start()
    const first = await peerOf(decisions)
    expect(first.name).toBe(`URI:${pdpId}`)
    const id = parseSpiffeId(pdpId)
    if (!id.ok) throw new Error(id.detail)
    expect(isEndpoint([first.raw], id.value, await authoritiesOf(), instant(Date.now()))).toBe(true)
    await go.act({ act: 'rotate' })
    await eventually(() => expect(said()).toContain('certificate replaced'))
    const second = await peerOf(decisions)
    expect(isEndpoint([first.raw], id.value, await authoritiesOf(), instant(Date.now()))).toBe(false)
    expect(isEndpoint([second.raw], id.value, await authoritiesOf(), instant(Date.now()))).toBe(true)
  })

  test('rotates its keys under load without a wrong answer', async () => {
    const { decisions } = await start()
    let asked = 0
    const wrong: string[] = []
    let going = true
    const client = async () => {
      while (going) {
        const evidence = asked % 2 === 0 ? await jwtSvid() : await x509Svid()
        const { decision, code } = await ask(decisions, evidence)
        asked++
        if (decision !== 'allow') wrong.push(code)
      }
    }
    const clients = [client(), client()]
    for (let i = 0; i < 5; i++) {
      // as an authority does it: new keys are announced, then used, and the old ones withdrawn when nobody shows them
      const before = [await jwtSvid(), await x509Svid()]
      await go.act({ act: 'prepare' })
      await new Promise((settle) => setTimeout(settle, 400))
      await go.act({ act: 'activate' })
      for (const evidence of before) expect(await ask(decisions, evidence)).toMatchObject({ decision: 'allow' })
    }
    going = false
    await Promise.all(clients)
    expect(wrong).toEqual([])
    expect(asked).toBeGreaterThan(20)
    const last = [await jwtSvid(), await x509Svid()]
    await go.act({ act: 'rotate' })
    await eventually(async () => {
      for (const evidence of last) expect(await ask(decisions, evidence)).toMatchObject({ decision: 'deny' })
    })
    for (const evidence of [await jwtSvid(), await x509Svid()]) {
      expect(await ask(decisions, evidence)).toMatchObject({ decision: 'allow' })
    }
  })

  test('that is not there ends the start with a clear line', async () => {
    await site.configure({ ...usual, ...trustIn('unix:none.sock'), tls: { spiffe: 'unix:none.sock' } })
    const refused = run(['start'], site.folder)
    running.push(refused)
    expect(await refused.ended()).not.toBe(0)
    expect(refused.said()).toMatch(/tls: workload api: no connection: ENOENT/)
  })
})

describe('its client and its server', () => {
  const root = createAuthority(domain, present())
  const key = createTestKey('ours')
  const workload = `spiffe://${domain}/ns/shop/sa/gateway`
  const start = async () => {
    const agent = await startAgent(join(site.folder, 'ours.sock'), {
      svid: { id: workload, chain: [root.svid(workload, present())], bundle: [root.der] },
      x509: { [domain]: [root.der], 'partner.example': [createAuthority('partner', present()).der] },
      jwt: { [domain]: [key.jwk] },
      jwtSvid: (aud) => {
        const now = Math.trunc(Date.now() / 1000)
        const claims = { sub: workload, aud, iat: now, exp: now + 300 }
        return { id: workload, token: signJwt(key, { alg: 'ES256', kid: 'ours' }, claims) }
      },
    })
    ends.push(agent.close)
    return agent
  }

  test('everything is fetched from our test Workload API', async () => {
    const { socket } = await start()
    expect(await go.act({ act: 'use-agent', socket, audience: [audience] })).toEqual({
      svid: workload,
      x509: 2,
      jwt: 1,
      jwt_svid: workload,
    })
  })

  test('a server with an SVID of our test Workload API is who our validator says, and knows our SVID', async () => {
    const { socket } = await start()
    const { url } = await go.act<{ url: string }>({ act: 'serve-workload', socket, domain })
    const client = root.svid(checkout, present())
    const id = parseSpiffeId(workload)
    if (!id.ok) throw new Error(id.detail)
    const asked = request(url, { cert: pemOf(client), key: keyPem(client), rejectUnauthorized: false })
    asked.end()
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
    const peer = response.socket as import('node:tls').TLSSocket
    expect(isEndpoint([peer.getPeerCertificate().raw], id.value, [root.der], instant(Date.now()))).toBe(true)
    const [body] = (await once(response, 'data')) as [Buffer]
    expect(JSON.parse(body.toString())).toEqual({ peer: checkout })
  })
})

describe('bundles of federation', () => {
  test('from its endpoint (https_spiffe) to here: its SVIDs verify; keys that were not announced are refused', async () => {
    const { url } = await go.act<{ url: string }>({ act: 'serve-endpoint', id: endpointId })
    await writeFile(join(site.folder, 'bootstrap.json'), await goBundle())
    const endpoint = { profile: 'https_spiffe', id: endpointId, bootstrap: 'file:bootstrap.json' }
    await site.configure({ ...usual, ...trustIn(`${url}/`, { endpoint, allow_private: true }) })
    const started = await serve(site)
    running.push(started)
    expect(await ask(started.decisions, await jwtSvid())).toMatchObject({ decision: 'allow' })
    expect(await ask(started.decisions, await x509Svid())).toMatchObject({ decision: 'allow' })

    const id = parseSpiffeId(endpointId)
    if (!id.ok) throw new Error(id.detail)
    const source = createBundleEndpoint({
      trustDomain: domain,
      url: `${url}/`,
      profile: { kind: 'https_spiffe', id: id.value, bootstrap: join(site.folder, 'bootstrap.json') },
      makeFetch: (authenticate) => createFetch({ privateOrigins: [url], ...(authenticate && { authenticate }) }),
      clock: () => instant(Date.now()),
      schedule: timerSchedule,
      random: () => 0.5,
      maxStale: seconds(3600),
    })
    ends.push(source.close)
    expect(await source.start()).toMatchObject({ ok: true })
    await go.act({ act: 'prepare' })
    expect(await source.start()).toMatchObject({ ok: true })
    await go.act({ act: 'activate' })
    expect(await source.start(), 'under the authority that was announced').toMatchObject({ ok: true })
    expect(await source.anchors(frameAt(instant(Date.now())))).toMatchObject({ ok: true, value: { length: 2 } })
    await go.act({ act: 'rotate' })
    expect(await source.start()).toMatchObject({ ok: false })
    expect(source.status().lastError).toContain('certificate is not of who should answer')
  })

  test('from an endpoint of ours to its client (https_spiffe)', async () => {
    const root = createAuthority(domain, present())
    const svid = root.svid(endpointId, present())
    const server = await startIssuer({ tls: { cert: pemOf(svid), key: keyPem(svid) } })
    ends.push(() => server.down())
    const jwk = createTestKey('ours', { use: 'jwt-svid' }).jwk
    const x5c = [root.der.toString('base64')]
    const { kty, crv, x, y } = root.key.publicKey.export({ format: 'jwk' })
    server.answer(
      '/bundle',
      json({ spiffe_sequence: 7, spiffe_refresh_hint: 600, keys: [jwk, { kty, crv, x, y, use: 'x509-svid', x5c }] }),
    )
    const fetchIt = (bundle: string) =>
      go.act({ act: 'fetch-endpoint', id: endpointId, domain, url: `${server.origin}/bundle`, bundle })
    expect(await fetchIt(pemOf(root))).toEqual({ authorities: 1, keys: 1, sequence: 7, hint: 600 })
    await expect(fetchIt(pemOfAll(await authoritiesOf()))).rejects.toThrow('signed by unknown authority')
  })
})
