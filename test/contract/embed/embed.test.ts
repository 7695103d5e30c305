import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { type ConfigInput, createPdp, type Pdp, StartRefused } from '../../../pdp/index.ts'
import { read, root } from '../../architecture/project.ts'
import { bundleOf, createPki, identityOf } from '../../support/pki.ts'
import { bearer, checkout, svid, svidKey } from '../../support/world.ts'
import { createSite, run, type Site, send } from '../process/harness.ts'

// The page of embedding as it stands: its configuration, and its examples, run.

const page = read('docs/embedding.md')
const blocksOf = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(([, text = '']) => text)
const [yaml = ''] = blocksOf('yaml')
const usual = parse(yaml) as ConfigInput
const now = () => instant(Date.now())
const url = 'https://orders.example.org/v1/orders/42'
const question = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }
const asked = (headers: Readonly<Record<string, string>> = bearer(svid({ now: now() }))) => ({
  request: { method: 'GET', url, headers },
  ...question,
})

let site: Site
const pki = createPki()
beforeAll(async () => {
  site = await createSite()
  const keys = [svidKey.jwk, ...(JSON.parse(bundleOf(pki.prod)) as { keys: object[] }).keys]
  await site.file('bundle.json', JSON.stringify({ keys }))
  await site.file('sallyport.yaml', yaml)
})
afterAll(() => site.remove())

let states = 0
const create = (changes: Partial<ConfigInput> = {}) =>
  createPdp({ ...usual, state: `state-${states++}`, ...changes }, { folder: site.folder })

describe('one that was made', () => {
  let pdp: Pdp
  beforeAll(async () => {
    pdp = await create()
  })
  afterAll(() => pdp.close())

  test('decides, as the enforcement point that the program is', async () => {
    expect(await pdp.authorize(asked())).toMatchObject({
      decision: 'allow',
      code: 'ALLOWED',
      subject: { id: checkout },
      reasons: [expect.anything()],
    })
    expect(await pdp.authorize(asked({}))).toMatchObject({ decision: 'deny', code: 'CREDENTIAL_MISSING' })
    expect(await pdp.authorize(asked(), { pep: 'somebody' })).toMatchObject({
      status: 401,
      code: 'PEP_UNAUTHENTICATED',
    })
  })

  test('says that it is ready, and of what', () => {
    expect(pdp.readiness()).toMatchObject({ ready: true, demo: false })
    expect(pdp.status().bundles.map(({ name }) => name)).toEqual(['orders'])
  })

  test('the record says who asked, in which trace', async () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const { id } = (await pdp.authorize(asked(), { traceparent })) as { id: string }
    const entries = await readdir(join(site.folder, 'state-0', 'audit'), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')))
    const line =
      texts.flatMap((text) => text.split('\n')).find((each) => each.startsWith('{') && each.includes(id)) ?? '{}'
    expect(JSON.parse(line)).toMatchObject({
      pep: 'orders-api',
      pep_auth: { kind: 'embedded' },
      trace: { id: 'a'.repeat(32) },
    })
  })

  test('what is revoked is refused, and lifted again', async () => {
    expect((await pdp.authorize(asked())).decision).toBe('allow')
    const target = { by: 'subject', issuer: 'spiffe://prod.example', id: checkout }
    await pdp.revocations.revoke({ target, reason: 'test' }, 'alice')
    expect(await pdp.authorize(asked())).toMatchObject({ decision: 'deny', code: 'REVOKED' })
    expect((await pdp.revocations.lift({ target, reason: 'test' }, 'alice')).ok).toBe(true)
    expect((await pdp.authorize(asked())).decision).toBe('allow')
  })
})

describe('certificates that the program saw count as its entry says', () => {
  const { cert } = identityOf(pki.prod, checkout)
  const shown = { request: { method: 'GET', url, certificate: String(cert) }, ...question }
  test('vouched for, and not', async () => {
    const vouching = await create()
    expect(await vouching.authorize(shown)).toMatchObject({
      decision: 'allow',
      subject: { methods: ['x509-svid', 'tls-handshake'] },
    })
    await vouching.close()
    const silent = await create({ peps: { 'orders-api': { embedded: true } } })
    expect(await silent.authorize(shown)).toMatchObject({ decision: 'deny', code: 'VOUCH_REFUSED' })
    expect((await silent.authorize(asked())).decision).toBe('allow')
    await silent.close()
  })
})

test('an object gives up nothing that a file would not', async () => {
  const pdp = await create()
  expect((await pdp.authorize(asked())).decision, 'the twin').toBe('allow')
  await pdp.close()
  const rows: readonly (readonly [Partial<Record<keyof ConfigInput, unknown>>, string, RegExp])[] = [
    [{ peps: { 'orders-api': { bearer: 'file:key' } } }, 'peps', /embedded: true/],
    [{ audit: { mode: 'memory' } }, 'audit.mode', /loses records/],
    [{ workers: 2, fleet: { redis: 'rediss://r.example:6379', secret: 'file:secret' } }, 'workers', /sallyport start/],
    [{ sevices: {} }, 'sevices', /did you mean `services`/],
    [{ peps: { 'orders-api': { embedded: true, none: true } } }, 'peps.orders-api', /in one way/],
  ] as never
  for (const [changes, at, message] of rows) {
    const failed: unknown = await create(changes as Partial<ConfigInput>).catch((error: unknown) => error)
    expect(failed, at).toBeInstanceOf(StartRefused)
    expect((failed as StartRefused).problems).toContainEqual({ at, message: expect.stringMatching(message) })
  }
})

test('a file that is not there is said to be', async () => {
  await expect(createPdp(join(site.folder, 'none.yaml'))).rejects.toThrow(/none\.yaml: cannot be read: ENOENT/)
})

test('the environment is read where it is given, and only there', async () => {
  const settings = { SALLYPORT_STATE: join(site.folder, 'elsewhere'), SALLYPORT_LIMITS__RATE: 'x' }
  await expect(createPdp(join(site.folder, 'sallyport.yaml'), { environment: settings })).rejects.toThrow(
    /limits\.rate/,
  )
  const given = { ...usual, state: 'of-object' }
  await expect(createPdp(given, { folder: site.folder, environment: settings })).rejects.toThrow(/limits\.rate/)
  await expect(createPdp(given, { folder: site.folder, environment: { SALLYPORT_LIMITZ: '1' } })).rejects.toThrow(
    /SALLYPORT_LIMITZ/,
  )
})

test('another configuration is taken over whole, or the one in use stays', async () => {
  const pdp = await create()
  const state = `state-${states - 1}`
  const none = { ...usual, state, peps: { 'orders-api': { bearer: 'file:key' } } }
  expect(await pdp.reload(none)).toMatchObject({ applied: false, reason: expect.stringContaining('embedded') })
  expect((await pdp.authorize(asked())).decision).toBe('allow')
  const other = {
    ...usual,
    state,
    services: { orders: { audiences: ['https://other.example.org'], environment: 'production', peps: ['orders-api'] } },
  }
  expect(await pdp.reload(other)).toMatchObject({ applied: true })
  expect(await pdp.authorize(asked())).toMatchObject({ code: 'AUDIENCE_REFUSED' })
  await pdp.close()
})

test('after its end it denies', async () => {
  const pdp = await create()
  expect((await pdp.authorize(asked())).decision).toBe('allow')
  await pdp.close()
  await pdp.close()
  expect((await pdp.authorize(asked())).decision).not.toBe('allow')
  expect(pdp.readiness().ready).toBe(false)
})

test('a process that listens refuses an enforcement point that nobody there can be', async () => {
  const started = run(['start'], site.folder)
  expect(await started.ended()).toBe(3)
  expect(started.said()).toMatch(/peps\.orders-api\.embedded: is for a decision point inside another program/)
})

describe('the examples of the page', () => {
  const examples = blocksOf('ts')
  const moduleOf = async (i: number) => {
    const file = join(site.folder, `example-${i}.ts`)
    const pathOf = (path: string) => pathToFileURL(join(root, path)).href
    const code = (examples[i] ?? '')
      .replace("'sallyport'", `'${pathOf('pdp/index.ts')}'`)
      .replace("'@sallyport/sdk/express'", `'${pathOf('sdk/express.ts')}'`)
      .replace("'express'", `'${import.meta.resolve('express')}'`)
      .replace("'sallyport.yaml'", `'${join(site.folder, 'sallyport.yaml')}'`)
    await writeFile(file, code)
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<string, unknown>
  }

  test('asking', async () => {
    const { mayRead, end } = (await moduleOf(0)) as {
      mayRead(...of: readonly string[]): Promise<boolean>
      end(): Promise<void>
    }
    expect(await mayRead('GET', url, bearer(svid({ now: now() })).authorization ?? '', '42')).toBe(true)
    expect(await mayRead('GET', url, 'Bearer none', '42')).toBe(false)
    await end()
  })

  test("with the SDK's middleware", async () => {
    const { app, end } = (await moduleOf(1)) as { app: RequestListener; end(): Promise<void> }
    const server = createServer(app)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on TCP
    const status = async (headers: Readonly<Record<string, string>>) =>
      (await send(at, '/v1/orders/42', { headers })).status
    const stranger = svid({ now: now(), claims: { sub: 'spiffe://prod.example/ns/elsewhere/sa/other' } })
    expect(await status(bearer(svid({ now: now() })))).toBe(200)
    expect(await status({})).toBe(401)
    expect(await status(bearer(stranger))).toBe(403)
    server.closeAllConnections()
    server.close()
    await end()
  })
})
