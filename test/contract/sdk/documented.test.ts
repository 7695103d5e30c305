import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import express, { type Express } from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { read, root } from '../../architecture/project.ts'
import { createPki, identityOf, serverIdentity } from '../../support/pki.ts'
import { pemOf } from '../../support/certificates.ts'
import { bearer, checkout, clientKey, dpopProof, svid } from '../../support/world.ts'
import { send } from '../process/harness.ts'
import { startVouched, type Vouched } from './start-vouched.ts'

// The lines for Express as README and docs/sdk.md show them, before a real decision point: for callers with a bearer token, a
// DPoP proof and a certificate.

const pki = createPki()
const now = () => instant(Date.now())
const origin = 'https://orders.example.org'
let vouched: Vouched
beforeAll(async () => {
  vouched = await startVouched(pki)
})
afterAll(() => vouched.end())

/** The lines, with the SDK of these sources and the address of the decision point in the place of the documented ones. */
const linesOf = (page: string, url: string): string => {
  const [, code = ''] = /```[jt]s\n(import[^]*?express'[^]*?)```/.exec(read(page)) ?? []
  return code
    .replaceAll(
      /'@sallyport\/sdk\/(\w+)'/g,
      (_, name: string) => `'${pathToFileURL(join(root, 'sdk', `${name}.ts`)).href}'`,
    )
    .replace("'express'", `'${import.meta.resolve('express')}'`)
    .replace('http://127.0.0.1:7070', url)
    .replace('export const app', 'const app')
}
const pages = [
  {
    page: 'README.md',
    app: (lines: string) => `${imports(lines)}\nexport function make(app, key) {${body(lines)}\nreturn app }`,
  },
  {
    page: 'docs/sdk.md',
    app: (lines: string) =>
      `${imports(lines)}\nexport function make(_, PEP_KEY) { const process = { env: { PEP_KEY } };${body(lines)}\nreturn app }`,
  },
]
const imports = (lines: string) =>
  lines
    .split('\n')
    .filter((line) => line.startsWith('import '))
    .join('\n')
const body = (lines: string) =>
  lines
    .split('\n')
    .filter((line) => !line.startsWith('import '))
    .join('\n')

interface Made {
  readonly make: (app: Express, key: string) => Express
}

describe.each(pages)('$page', ({ page, app }) => {
  const certificate = serverIdentity(pki.prod)

  /** What the service answers to a caller, over TLS where `tls` says how. */
  async function ask(
    headers: Readonly<Record<string, string>>,
    {
      tls,
      url = vouched.pdp.decisions,
      key = vouched.site.key,
    }: {
      readonly tls?: RequestOptions
      readonly url?: string
      readonly key?: string
    } = {},
  ) {
    const module = app(linesOf(page, url))
    const { make } = (await import(`data:text/javascript,${encodeURIComponent(module)}`)) as Made
    const service = make(express(), key)
    const server = tls
      ? createTlsServer({ ...certificate, ca: pemOf(pki.prod), requestCert: true, rejectUnauthorized: false }, service)
      : createServer(service)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on TCP
    const scheme = tls ? 'https' : 'http'
    const reply = await send(`${scheme}://127.0.0.1:${port}`, '/v1/orders/42', {
      headers,
      rejectUnauthorized: false,
      ...tls,
    })
    server.closeAllConnections()
    server.close()
    return [reply.status, JSON.parse(reply.body) as object, reply.headers['www-authenticate'] ?? ''] as const
  }
  const reads = [200, { id: '42', for: checkout }, '']

  test('a bearer token', async () => {
    expect(await ask(bearer(svid({ now: now() })))).toEqual(reads)
    expect(await ask(bearer(svid({ now: instant(0) })))).toMatchObject([
      401,
      { status: 401 },
      expect.stringMatching(/^Bearer error=/),
    ])
    const other = svid({ now: now(), claims: { sub: 'spiffe://prod.example/ns/elsewhere/sa/other' } })
    expect(await ask(bearer(other))).toMatchObject([403, { status: 403, decision_id: expect.any(String) }, ''])
    expect(await ask({})).toMatchObject([401, { status: 401 }, expect.stringMatching(/^Bearer, DPoP/)])
  })

  test('a DPoP proof', async () => {
    const token = svid({ claims: { cnf: { jkt: clientKey.thumbprint } }, now: now() })
    const url = { htu: `${origin}/v1/orders/42` }
    const proven = { authorization: `DPoP ${token}`, dpop: dpopProof(token, { now: now(), claims: url }) }
    expect(await ask(proven)).toEqual(reads)
    expect(await ask(proven)).toMatchObject([401, { status: 401 }, expect.stringMatching(/^DPoP .*invalid_dpop_proof/)])
    expect(await ask(bearer(token))).toMatchObject([401, { status: 401 }, expect.stringMatching(/^DPoP/)])
    const sub = 'spiffe://prod.example/ns/elsewhere/sa/other'
    const other = svid({ claims: { sub, cnf: { jkt: clientKey.thumbprint } }, now: now() })
    const proof = dpopProof(other, { now: now(), claims: url })
    expect(await ask({ authorization: `DPoP ${other}`, dpop: proof })).toMatchObject([403, { status: 403 }, ''])
  })

  test('a certificate', async () => {
    const { cert, key } = identityOf(pki.prod, checkout)
    expect(await ask({}, { tls: { cert, key } })).toEqual(reads)
    const other = identityOf(pki.prod, 'spiffe://prod.example/ns/elsewhere/sa/other')
    expect(await ask({}, { tls: { cert: other.cert, key: other.key } })).toMatchObject([403, { status: 403 }, ''])
    expect(await ask({}, { tls: {} })).toMatchObject([401, { status: 401 }, expect.stringMatching(/^Bearer/)])
  })

  test('nothing is let through where nobody answers, or the key is not known', async () => {
    const good = bearer(svid({ now: now() }))
    expect(await ask(good, { url: 'http://127.0.0.1:1' })).toMatchObject([503, { status: 503 }, ''])
    expect(await ask(good, { key: 'sp_pep_unknown' })).toMatchObject([500, { status: 500 }, ''])
  })
})
