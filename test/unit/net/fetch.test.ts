import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { seconds } from '../../../pdp/core/time.ts'
import { createFetch, type FetchOptions } from '../../../pdp/net/fetch.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Answer,
  type IssuerServer,
  type IssuerServerOptions,
  json,
  raw,
  redirect,
  reset,
  silent,
  sized,
  slowBody,
  startIssuer,
  status,
} from '../../support/issuer-server.ts'
import { createManualTime } from '../../support/manual-time.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'

const name = 'login.example'
const tls = createServerCertificate([name])
const servers: IssuerServer[] = []
const mediaTypes = ['application/json']

async function start(options: IssuerServerOptions = {}): Promise<IssuerServer> {
  const server = await startIssuer(options)
  servers.push(server)
  server.answer('/document', json({ keys: [] }))
  return server
}

const toLoopback = async () => ['127.0.0.1']

/** A client that may reach the server. */
const clientOf = (server: IssuerServer, options: FetchOptions = {}) =>
  createFetch({ privateOrigins: [server.origin], ca: tls.cert, resolve: toLoopback, ...options })

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(servers.splice(0).map((server) => server.down()))
})

describe('an answer that is taken', () => {
  test.each([
    ['http on loopback', {}],
    ['https', { tls }],
    ['https by name', { tls, host: name }],
  ])('%s', async (_, options) => {
    const server = await start(options)
    const seen: unknown[] = []
    server.answer('/document?a=%20b', (request, response) => {
      seen.push(request.method, { ...request.headers })
      json({ a: 1 }, 'Application/JSON; charset=utf-8')(request, response)
    })
    const fetched = await clientOf(server)(`${server.origin}/document?a=%20b`, { mediaTypes })
    if (!fetched.ok) throw new Error(fetched.fault.detail)
    expect(fetched.value.status).toBe(200)
    expect(fetched.value.headers.get('content-type')).toBe('Application/JSON; charset=utf-8')
    expect(Buffer.from(fetched.value.body).toString()).toBe('{"a":1}')
    const host = server.origin.replace(/^https?:\/\//, '')
    expect(seen).toEqual([
      'GET',
      {
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'sallyport',
        host,
        connection: 'close',
      },
    ])
  })

  test('to what was sent, whatever media type it has', async () => {
    const server = await start({ tls })
    const seen: unknown[] = []
    server.answer('/document', (request, response) => {
      const { method, headers } = request
      request.on('data', (body: Buffer) => seen.push(method, headers['content-type'], headers.accept, body.toString()))
      request.on('end', () => response.writeHead(204).end())
    })
    const send = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: Buffer.from('a body') } as const
    const fetched = await clientOf(server)(`${server.origin}/document`, { mediaTypes: 'any', statuses: [204], send })
    expect(fetched).toMatchObject({ ok: true, value: { status: 204 } })
    expect(seen).toEqual(['POST', 'text/plain', undefined, 'a body'])
  })

  test('of a status and a media type that were asked for', async () => {
    const server = await start()
    server.answer('/document', (_, response) => {
      response.writeHead(404, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }).end('none')
    })
    const request = { mediaTypes: ['text/plain'], statuses: [200, 404] }
    const fetched = await clientOf(server)(`${server.origin}/document`, request)
    expect(fetched).toMatchObject({ ok: true, value: { status: 404 } })
    expect(fetched.ok && fetched.value.headers.get('set-cookie')).toBe('a=1, b=2')
  })

  test('each over a connection of its own', async () => {
    const server = await start({ tls })
    const fetch = clientOf(server)
    for (let i = 0; i < 3; i++)
      expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
    expect(server.connections()).toBe(3)
  })

  test('a redirect that is asked for, and is not followed; 304 without a media type; headers of the request', async () => {
    const server = await start()
    let asked: unknown
    server.answer('/document', (request, response) => {
      asked = request.headers['if-none-match']
      response.writeHead(304, { etag: '"1"' }).end()
    })
    server.answer('/moved', redirect(`${server.origin}/document`))
    const client = clientOf(server)
    const same = await client(`${server.origin}/document`, {
      mediaTypes,
      statuses: [200, 304],
      headers: { 'if-none-match': '"1"' },
    })
    expect(same).toMatchObject({ ok: true, value: { status: 304 } })
    expect(asked).toBe('"1"')
    const moved = await client(`${server.origin}/moved`, { mediaTypes, statuses: [200, 302] })
    if (!moved.ok) throw new Error(moved.fault.detail)
    expect(moved.value.headers.get('location')).toBe(`${server.origin}/document`)
  })
})

describe('an answer that is not taken', () => {
  const withHeaders =
    (headers: Readonly<Record<string, string | readonly string[]>>): Answer =>
    (_, response) => {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.end('{}')
    }
  const type = { 'content-type': 'application/json' }
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
  const limit = 512 * 1024

  const rows: readonly (readonly [string, Answer, Answer, string])[] = [
    ['a redirect to itself', redirect('/other'), json({}), 'redirect'],
    ['a permanent redirect', redirect('/other', 308), json({}), 'redirect'],
    ['a redirect to loopback', redirect('http://127.0.0.1:1/'), json({}), 'redirect'],
    ['a redirect to another host', redirect('https://other.example/'), json({}), 'redirect'],
    ['not modified', status(304), status(200), 'redirect'],
    ['a server error', status(500), status(200), 'status'],
    ['no content', status(204), status(200), 'status'],
    ['another media type', json({}, 'text/html'), json({}), 'media-type'],
    ['a media type that begins alike', json({}, 'application/jsonp'), json({}, 'application/json;v=1'), 'media-type'],
    ['no media type', withHeaders({}), withHeaders(type), 'media-type'],
    [
      'two media types',
      raw(`${head}content-type: text/html\r\ncontent-length: 2\r\n\r\n{}`),
      raw(`${head}content-length: 2\r\n\r\n{}`),
      'media-type',
    ],
    [
      'a content encoding',
      withHeaders({ ...type, 'content-encoding': 'gzip' }),
      withHeaders({ ...type, 'content-encoding': 'Identity' }),
      'encoding',
    ],
    ['one byte too many', sized(limit + 1), sized(limit), 'size'],
    ['a body of 50 MiB', sized(50 * 1024 * 1024), sized(limit), 'size'],
    [
      'a length that is too large',
      raw(`${head}content-length: ${limit + 1}\r\n\r\n`),
      raw(`${head}content-length: 0\r\n\r\n`),
      'size',
    ],
    [
      'headers of 16 KiB',
      withHeaders({ ...type, 'x-long': 'a'.repeat(16_384) }),
      withHeaders({ ...type, 'x-long': 'a'.repeat(12_000) }),
      'size',
    ],
    ['what is not HTTP', raw('+PONG\r\n'), json({}), 'protocol'],
    [
      'less than its length',
      raw(`${head}content-length: 10\r\n\r\n{}`),
      raw(`${head}content-length: 2\r\n\r\n{}`),
      'protocol',
    ],
    ['a cut connection', reset, json({}), 'protocol'],
    [
      'two ways to tell the length',
      raw(`${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
      raw(`${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
      'protocol',
    ],
  ]

  test.each(rows)('%s', async (_, defect, twin, kind) => {
    const server = await start()
    const fetch = clientOf(server)
    const other = await start()
    server.answer('/document', twin)
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
    server.answer('/document', defect)
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: false, fault: { kind } })
    expect(server.count('/other') + other.connections(), 'nothing was followed').toBe(0)
  })

  const endless: readonly (readonly [string, Answer])[] = [
    ['a body that never ends', slowBody(5)],
    ['no answer', silent],
    ['half a head', (request) => void request.socket.write('HTTP/1.1 200 OK\r\nconte')],
  ]
  test.each(endless)('%s, up to the deadline', async (_, defect) => {
    const server = await start()
    const time = createManualTime()
    const fetch = clientOf(server, { schedule: time.schedule })
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
    expect(time.pending(), 'the deadline is taken off').toEqual([])
    server.answer('/document', defect)
    const fetched = fetch(`${server.origin}/document`, { mediaTypes })
    await eventually(() => expect(server.requests).toHaveLength(2))
    expect(time.pending()).toEqual([5])
    time.advance(5)
    expect(await fetched).toMatchObject({ ok: false, fault: { kind: 'timeout' } })
  })

  test('a redirect to a server that may be reached is not followed either', async () => {
    const server = await start()
    const target = await start()
    server.answer('/document', redirect(`${target.origin}/document`))
    const fetch = createFetch({ privateOrigins: [server.origin, target.origin] })
    expect(await fetch(`${target.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ fault: { kind: 'redirect' } })
    expect(target.requests).toEqual(['/document'])
  })
})

describe('where it connects', () => {
  /** What the name resolves to, and whether its origin is listed. */
  const rows: readonly (readonly [string, readonly string[], boolean])[] = [
    ['loopback, not listed', ['127.0.0.1'], false],
    ['IPv6 loopback, not listed', ['::1'], false],
    ['an IPv4-mapped address, though listed', ['::ffff:127.0.0.1'], true],
    ['an IPv4-mapped address in hexadecimal, though listed', ['::ffff:7f00:1'], true],
    ['cloud metadata, though listed', ['169.254.169.254'], true],
    ['the unspecified address, though listed', ['0.0.0.0'], true],
    ['a wrapped address, though listed', ['64:ff9b::7f00:1'], true],
    ['only private addresses, not listed', ['10.0.0.1', 'fd00::1', '192.168.0.1'], false],
  ]

  test.each(rows)('refuses %s', async (_, addresses, listed) => {
    const server = await start({ tls, host: name })
    const url = `${server.origin}/document`
    expect(await clientOf(server)(url, { mediaTypes })).toMatchObject({ ok: true })
    const before = server.connections()
    const fetch = clientOf(server, { resolve: async () => addresses, privateOrigins: listed ? [server.origin] : [] })
    expect(await fetch(url, { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'address' } })
    expect(server.connections()).toBe(before)
  })

  test('never hands a refused address on beside one that may be reached', async () => {
    const server = await start({ tls, host: name })
    const fetch = clientOf(server, { resolve: async () => ['169.254.169.254', '::ffff:127.0.0.1', '127.0.0.1'] })
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
  })

  test('plain http reaches loopback alone, whatever its name resolves to', async () => {
    const server = await start({ host: 'localhost' })
    const url = `${server.origin}/document`
    expect(await clientOf(server)(url, { mediaTypes })).toMatchObject({ ok: true })
    const fetch = clientOf(server, { resolve: async () => ['10.0.0.1'] })
    expect(await fetch(url, { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'address' } })
  })

  test('a name that resolves anew to another address gains nothing: it is judged as it connects, each time', async () => {
    const server = await start({ tls, host: name })
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']]
    let asked = 0
    const fetch = clientOf(server, { resolve: async () => answers[asked++] ?? [] })
    const url = `${server.origin}/document`
    expect(await fetch(url, { mediaTypes })).toMatchObject({ ok: true })
    expect(await fetch(url, { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'address' } })
    expect(await fetch(url, { mediaTypes })).toMatchObject({ ok: true })
    expect(asked, 'one lookup for each fetch').toBe(3)
  })

  test('an unsuitable url is not even looked up', async () => {
    let asked = 0
    const fetch = createFetch({ resolve: async () => [`${asked++}`] })
    expect(await fetch('http://login.example/', { mediaTypes })).toMatchObject({ fault: { kind: 'url' } })
    expect(await fetch('https://127.0.0.1/', { mediaTypes })).toMatchObject({ fault: { kind: 'address' } })
    expect(asked).toBe(0)
  })

  test.each([
    [
      'rejects with a code',
      async () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
      'resolve',
    ],
    ['rejects without a code', async () => Promise.reject(new Error('x')), 'connect'],
    ['never answers', () => new Promise<never>(() => {}), 'timeout'],
    ['answers with nothing', async () => [], 'address'],
  ])('a lookup that %s', async (_, resolve, kind) => {
    const fetch = createFetch({ resolve, timeout: seconds(0.1) })
    expect(await fetch('https://login.example/', { mediaTypes })).toMatchObject({ ok: false, fault: { kind } })
  })

  test('the default lookup is the one of the system', async () => {
    const server = await start({ host: 'localhost' })
    const fetch = createFetch({ privateOrigins: [server.origin] })
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
    const unlisted = createFetch()
    expect(await unlisted(`https://localhost:${server.port}/`, { mediaTypes })).toMatchObject({
      fault: { kind: 'address' },
    })
  })

  test('nobody listens there', async () => {
    const server = await start()
    const fetch = clientOf(server)
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ ok: true })
    await server.down()
    expect(await fetch(`${server.origin}/document`, { mediaTypes })).toMatchObject({ fault: { kind: 'connect' } })
  })
})

describe('TLS', () => {
  const url = (server: IssuerServer) => `${server.origin}/document`

  test('a certificate that is not trusted', async () => {
    const server = await start({ tls })
    expect(await clientOf(server)(url(server), { mediaTypes })).toMatchObject({ ok: true })
    for (const ca of [createServerCertificate([name]).cert, undefined]) {
      const fetch = createFetch({ privateOrigins: [server.origin], ...(ca !== undefined && { ca }) })
      expect(await fetch(url(server), { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'tls' } })
    }
    expect(server.requests).toHaveLength(1)
  })

  test('an environment that turns certificate checks off is not heard', async () => {
    const server = await start({ tls })
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    expect(await clientOf(server)(url(server), { mediaTypes })).toMatchObject({ ok: true })
    const fetch = createFetch({ privateOrigins: [server.origin] })
    expect(await fetch(url(server), { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'tls' } })
  })

  test('a certificate for another host', async () => {
    const server = await start({ tls, host: name })
    expect(await clientOf(server)(url(server), { mediaTypes })).toMatchObject({ ok: true })
    const origin = `https://other.example:${server.port}`
    const fetch = clientOf(server, { privateOrigins: [origin] })
    expect(await fetch(`${origin}/document`, { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'tls' } })
  })

  test('version 1.1', async () => {
    const current = await start({ tls: { ...tls, minVersion: 'TLSv1', maxVersion: 'TLSv1.2' } })
    expect(await clientOf(current)(url(current), { mediaTypes })).toMatchObject({ ok: true })
    const old = await start({ tls: { ...tls, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } })
    expect(await clientOf(old)(url(old), { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'tls' } })
  })

  test('plain HTTP where TLS is expected', async () => {
    const server = await start()
    const origin = server.origin.replace('http:', 'https:')
    const fetch = clientOf(server, { privateOrigins: [origin] })
    expect(await fetch(`${origin}/document`, { mediaTypes })).toMatchObject({ ok: false, fault: { kind: 'tls' } })
  })
})

describe('giving up', () => {
  test('when told to, before and during', async () => {
    const server = await start()
    const fetch = clientOf(server, { timeout: seconds(60) })
    const url = `${server.origin}/document`
    const twin = new AbortController()
    expect(await fetch(url, { mediaTypes, signal: twin.signal })).toMatchObject({ ok: true })
    expect(await fetch(url, { mediaTypes, signal: AbortSignal.abort() })).toMatchObject({
      fault: { kind: 'cancelled' },
    })
    server.answer('/document', silent)
    const controller = new AbortController()
    const fetched = fetch(url, { mediaTypes, signal: controller.signal })
    await eventually(() => expect(server.requests).toHaveLength(2))
    controller.abort()
    expect(await fetched).toMatchObject({ ok: false, fault: { kind: 'cancelled' } })
  })

  test('at the deadline, though bytes keep coming', async () => {
    const server = await start()
    let ended = false
    server.answer('/document', (request, response) => {
      response.on('close', () => {
        ended = true
      })
      slowBody(10)(request, response)
    })
    const started = performance.now()
    const fetch = clientOf(server, { timeout: seconds(0.3) })
    const fetched = await fetch(`${server.origin}/document`, { mediaTypes })
    expect(fetched).toMatchObject({ ok: false, fault: { kind: 'timeout' } })
    expect(performance.now() - started).toBeLessThan(15_000)
    await eventually(() => expect(ended, 'the connection is ended too').toBe(true))
  })
})

test('a request that cannot be written is a fault, not an exception', async () => {
  const server = await start()
  const get = (type: string) =>
    clientOf(server)(`${server.origin}/document`, { mediaTypes: ['application/json', type] })
  expect(await get('a/b')).toMatchObject({ ok: true })
  expect(await get('a\r\nb: c')).toMatchObject({ ok: false, fault: { kind: 'protocol' } })
  expect(server.requests).toHaveLength(1)
})

/** Runs a module in a process of its own, whose environment is read as it starts. Answers what it prints. */
async function runWith(environment: NodeJS.ProcessEnv, script: string): Promise<string> {
  const module = JSON.stringify(new URL('../../../pdp/net/fetch.ts', import.meta.url).href)
  const source = `import { createFetch } from ${module}\n${script}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, ...environment },
  })
  return stdout.trim()
}

test('an empty list of authorities trusts nobody, not those of the environment', async () => {
  const server = await start({ tls })
  const folder = await mkdtemp(join(tmpdir(), 'fetch-'))
  await writeFile(join(folder, 'ca.pem'), tls.cert)
  const script = `
    const fetchWith = (ca) => createFetch({ privateOrigins: [${JSON.stringify(server.origin)}], ...ca })(
      ${JSON.stringify(`${server.origin}/document`)}, { mediaTypes: ['application/json'] })
    console.log((await fetchWith({})).ok, (await fetchWith({ ca: '' })).ok)`
  expect(await runWith({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }, script)).toBe('true false')
  await rm(folder, { recursive: true })
})

test('a proxy in the environment is not used', async () => {
  const server = await start()
  const proxy = await start()
  const script = `
    const fetched = await createFetch({ privateOrigins: [${JSON.stringify(server.origin)}] })(
      ${JSON.stringify(`${server.origin}/document`)}, { mediaTypes: ['application/json'] })
    console.log(JSON.stringify(fetched.ok))`
  const proxies = { HTTP_PROXY: proxy.origin, HTTPS_PROXY: proxy.origin, http_proxy: proxy.origin }
  expect(await runWith({ NODE_USE_ENV_PROXY: '1', NO_PROXY: '', ...proxies }, script)).toBe('true')
  expect(proxy.connections()).toBe(0)
})
