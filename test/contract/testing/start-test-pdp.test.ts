import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestPdp, type TestPdp } from '../../../pdp/testing/start-test-pdp.ts'
import { createClient } from '../../../sdk/index.ts'
import { read, root } from '../../architecture/project.ts'
import { compileCache } from '../../support/compile-cache.ts'

const rego = `package shop.orders

default decision := {"allow": false}

decision := {"allow": true} if input.attested.namespace == "shop"
`
const url = 'https://orders.example.org/v1/orders/42'
const request = `GET ${url}`
const askOf = (headers: Readonly<Record<string, string>>, certificate?: string) => ({
  request: { method: 'GET', url, headers, ...(certificate !== undefined && { certificate }) },
  action: { name: 'read' },
  resource: { type: 'order', id: '42' },
})

let pdp: TestPdp
let bundle: Uint8Array
beforeAll(async () => {
  pdp = await startTestPdp({
    service: 'orders',
    rego,
    clients: { partner: { namespace: 'shop' }, other: { namespace: 'web' } },
  })
  bundle = pdp.bundle
})
afterAll(() => pdp.close())

describe('everybody who can be made is known, and is who it is', () => {
  const rows = [
    ['bearer', 'https://login.example.org#checkout'],
    ['access-token', 'https://login.example.org#checkout'],
    ['oidc', 'https://login.example.org#checkout'],
    ['dpop', 'https://login.example.org#checkout'],
    ['jwt-svid', 'spiffe://test.example/ns/shop/sa/checkout'],
  ] as const
  test.each(rows)('%s', async (method, id) => {
    const headersOf = (as: string, claims = {}) => pdp.mint({ as, method, request, claims })
    const allowed = await pdp.authorize(askOf(await headersOf('shop/checkout')))
    expect(allowed).toMatchObject({ decision: 'allow', demo: true, subject: { id } })
    expect(await pdp.authorize(askOf(await headersOf('web/checkout')))).toMatchObject({ code: 'POLICY_DENIED' })
    expect(await pdp.authorize(askOf(await headersOf('shop/checkout', { exp: 1 })))).toMatchObject({ code: 'EXPIRED' })
    const elsewhere = { aud: 'https://elsewhere.example.org' }
    const foreign = await pdp.authorize(askOf(await headersOf('shop/checkout', elsewhere)))
    expect(foreign).toMatchObject({ code: 'AUDIENCE_REFUSED' })
  })

  test('api-key', async () => {
    const keyOf = (as: string) => pdp.mint({ as, method: 'api-key' })
    expect(await pdp.authorize(askOf(await keyOf('partner')))).toMatchObject({ decision: 'allow' })
    expect(await pdp.authorize(askOf(await keyOf('other')))).toMatchObject({ code: 'POLICY_DENIED' })
    await expect(keyOf('nobody')).rejects.toThrow('`nobody` has no API key: name it in `clients`')
  })

  test('a certificate', async () => {
    const { cert, key } = pdp.mintCertificate({ as: 'shop/checkout' })
    expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    expect(await pdp.authorize(askOf({}, cert))).toMatchObject({
      decision: 'allow',
      subject: { assurance: { level: 3 } },
    })
    const other = pdp.mintCertificate({ as: 'spiffe://test.example/ns/web/sa/checkout' })
    expect(await pdp.authorize(askOf({}, other.cert))).toMatchObject({ code: 'POLICY_DENIED' })
  })

  test('nobody', async () => {
    expect(await pdp.authorize(askOf(await pdp.mint({ as: '', method: 'none' })))).toMatchObject({
      code: 'CREDENTIAL_MISSING',
    })
  })

  test('a proof is for one request, once', async () => {
    const headers = await pdp.mint({ as: 'shop/checkout', method: 'dpop', request })
    expect((await pdp.authorize(askOf(headers))).decision).toBe('allow')
    expect(await pdp.authorize(askOf(headers))).toMatchObject({ code: 'REPLAYED' })
    const elsewhere = await pdp.mint({ as: 'shop/checkout', method: 'dpop', request: `GET ${url}3` })
    expect(await pdp.authorize(askOf(elsewhere))).toMatchObject({ code: 'PROOF_INVALID' })
  })
})

test('what cannot be made says how it can', async () => {
  await expect(pdp.mint({ as: 'x', method: 'berer' as never })).rejects.toThrow('did you mean bearer?')
  await expect(pdp.mint({ as: 'x', request: '/v1/orders' })).rejects.toThrow(/is not like "GET https:/)
})

describe('the SDK asks it', () => {
  const reads = async (given: TestPdp, key = given.client.key) => {
    const client = createClient({ ...given.client, key })
    return client.authorize(askOf(await given.mint({ as: 'shop/checkout' })))
  }
  test('in process, without a socket', async () => {
    expect(pdp.url).toBeUndefined()
    expect(await reads(pdp)).toMatchObject({ decision: 'allow' })
    expect(await reads(pdp, 'sp_pep_of-somebody-else')).toMatchObject({ failure: { problem: 'PEP_UNAUTHENTICATED' } })
  })

  test('over loopback, and with the keys of no other', async () => {
    const other = await startTestPdp({ service: 'orders', bundle, entrypoint: 'shop/orders/decision', listen: true })
    try {
      expect(other.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      expect(other.client.fetch).toBeUndefined()
      expect(await reads(other)).toMatchObject({ decision: 'allow', local: false })
      expect(await reads(other, pdp.client.key)).toMatchObject({ failure: { problem: 'PEP_UNAUTHENTICATED' } })
      const foreign = askOf(await pdp.mint({ as: 'shop/checkout' }))
      expect((await pdp.authorize(foreign)).decision).toBe('allow')
      expect((await other.authorize(foreign)).decision).toBe('deny')
    } finally {
      await other.close()
    }
  })
})

describe('it is for tests alone', () => {
  test('not for production', async () => {
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'production'
    try {
      await expect(startTestPdp({ service: 'orders', bundle })).rejects.toThrow('is not for production')
    } finally {
      process.env['NODE_ENV'] = before
    }
  })

  test('nothing of it is left', async () => {
    const own = await mkdtemp(join(tmpdir(), 'sallyport-left-'))
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = own
    try {
      const clients = { partner: { namespace: 'shop' } }
      const one = await startTestPdp({ service: 'orders', bundle, entrypoint: 'shop/orders/decision', clients })
      const [folder = ''] = await readdir(own)
      const files = ['trust-bundle.json', 'clients.yaml'].map((name) => readFile(join(own, folder, name), 'utf8'))
      const written = (await Promise.all(files)).join('')
      expect(written, 'no private half, no key').not.toMatch(/PRIVATE KEY|"d":|sp_(?:pep|test)_/)
      await one.close()
      await one.close()
      await expect(startTestPdp({ service: 'Not A Name', bundle })).rejects.toThrow(/services/)
      const broken = 'package orders\n\ndecision := '
      await expect(startTestPdp({ service: 'orders', rego: broken })).rejects.toThrow(/policy\.rego:3/)
      expect(await readdir(own)).toEqual([])
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
      await rm(own, { recursive: true })
    }
  })
})

test('the page as it stands: its service, its policy and its test, run', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-page-'))
  try {
    const blocks = read('docs/testing.md').matchAll(/```\w+ (\S+)\n([^]*?)```/g)
    for (const [, name = '', text = ''] of blocks) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await mkdir(join(folder, 'node_modules', '@sallyport'), { recursive: true })
    const packages = { sallyport: '.', '@sallyport/sdk': 'sdk', express: 'node_modules/express' }
    for (const [name, path] of Object.entries(packages))
      await symlink(join(root, path), join(folder, 'node_modules', name))
    const { code, says } = await new Promise<{ code: unknown; says: string }>((resolve) => {
      execFile(
        process.execPath,
        ['--test', '--test-reporter=tap', 'orders.test.ts'],
        { cwd: folder, env: { PATH: process.env['PATH'], ...compileCache } },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, says: stdout + stderr }),
      )
    })
    expect(code, says).toBe(0)
    expect(says).toContain('ok 1 - the shop reads orders, and nobody else does')
  } finally {
    await rm(folder, { recursive: true })
  }
})
