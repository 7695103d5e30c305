import { once } from 'node:events'
import { request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { auditLogRoute } from '../../../pdp/admin/audit-log.ts'
import { type AdminRoute, createAdminServer } from '../../../pdp/admin/create-server.ts'
import type { Operator } from '../../../pdp/admin/operators.ts'
import { statusRoute } from '../../../pdp/admin/status.ts'
import { sha256 } from '../../../pdp/core/digest.ts'

const key = (name: string) => `sp_admin_${name.repeat(12)}`
const alice: Operator = { name: 'alice', roles: ['revoke'], digests: [sha256(key('alice'))] }
const bob: Operator = { name: 'bob', roles: ['audit:read'], digests: [sha256(key('old')), sha256(key('new'))] }

const routes: readonly AdminRoute[] = [
  statusRoute(() => ({ ready: true })),
  {
    method: 'POST',
    path: '/v1/echo',
    role: 'revoke',
    handle: async ({ operator, body, query }) => ({
      status: 200,
      body: { operator: operator.name, body, query: query.get('q') },
    }),
  },
  auditLogRoute(async (path) =>
    path === 'tile/0/000'
      ? { type: 'application/octet-stream', lasting: true, bytes: Buffer.from('hashes') }
      : undefined,
  ),
  {
    method: 'GET',
    path: '/v1/broken',
    handle: async () => {
      throw new Error('a secret of the machine')
    },
  },
]

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

interface Call {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

async function call(overTcp: boolean, { method = 'GET', path = '/v1/status', headers = {}, body }: Call) {
  const server = createAdminServer(
    overTcp ? { routes, operators: () => [alice, bob], hosts: ['127.0.0.1'] } : { routes },
  )
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const flat = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]))
  const hosted = Object.hasOwn(headers, 'host') ? flat : ['host', `127.0.0.1:${port}`, ...flat]
  const outgoing = request({ port, host: '127.0.0.1', method, path, headers: hosted, setHost: false })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response')
  let text = ''
  for await (const piece of response) text += piece
  return { status: response.statusCode as number, type: response.headers['content-type'] as string, text }
}

const bearer = (name: string) => ({ authorization: `Bearer ${key(name)}` })
const json = { 'content-type': 'application/json' }
const good: Call = { method: 'POST', path: '/v1/echo', headers: { ...bearer('alice'), ...json }, body: '{"a":1}' }

describe('over TCP: what is refused, beside the call that is answered', () => {
  const rows: readonly (readonly [string, Call, number, string])[] = [
    ['no key', { ...good, headers: json }, 401, 'PEP_UNAUTHENTICATED'],
    ['a key that is not known', { ...good, headers: { ...bearer('mallory'), ...json } }, 401, 'PEP_UNAUTHENTICATED'],
    [
      'a key of an enforcement point',
      { ...good, headers: { authorization: 'Bearer sp_pep_0123456789abcdef', ...json } },
      401,
      'PEP_UNAUTHENTICATED',
    ],
    [
      'two keys',
      { ...good, headers: { authorization: [`Bearer ${key('alice')}`, `Bearer ${key('alice')}`], ...json } },
      401,
      'PEP_UNAUTHENTICATED',
    ],
    [
      'another scheme',
      { ...good, headers: { authorization: `Basic ${key('alice')}`, ...json } },
      401,
      'PEP_UNAUTHENTICATED',
    ],
    ['an operator without the role', { ...good, headers: { ...bearer('new'), ...json } }, 403, 'PEP_REFUSED'],
    [
      'another Host, as a page led here by DNS would send',
      { ...good, headers: { ...good.headers, host: 'evil.example' } },
      400,
      'REQUEST_MALFORMED',
    ],
    [
      'a form',
      { ...good, headers: { ...bearer('alice'), 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'MEDIA_TYPE_UNSUPPORTED',
    ],
    ['text', { ...good, headers: { ...bearer('alice'), 'content-type': 'text/plain' } }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['no type', { ...good, headers: bearer('alice') }, 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['another method', { ...good, method: 'PUT' }, 405, 'METHOD_NOT_ALLOWED'],
    ['another path', { ...good, path: '/v1/other' }, 404, 'NOT_FOUND'],
    ['a path to be resolved', { ...good, path: '//x/v1/echo' }, 404, 'NOT_FOUND'],
    ['broken JSON', { ...good, body: '{' }, 400, 'REQUEST_MALFORMED'],
    ['a doubled member', { ...good, body: '{"a":1,"a":2}' }, 400, 'REQUEST_MALFORMED'],
    ['a large body', { ...good, body: `"${'x'.repeat(70_000)}"` }, 413, 'BODY_TOO_LARGE'],
  ]
  test.for(rows)('%s', async ([, defect, status, code]) => {
    expect(await call(true, good)).toMatchObject({ status: 200 })
    const refused = await call(true, defect)
    expect(refused.status).toBe(status)
    expect(refused.type).toBe('application/problem+json')
    expect(JSON.parse(refused.text)).toMatchObject({ type: `urn:sallyport:problem:${code}`, status, code })
    expect(refused.text).not.toContain('sp_admin_')
  })

  test('who asks and what arrives is told to the route', async () => {
    const { text } = await call(true, { ...good, path: '/v1/echo?q=1' })
    expect(JSON.parse(text)).toEqual({ operator: 'alice', body: { a: 1 }, query: '1' })
  })

  test.for(['old', 'new'])('both keys of an operator serve while one is replaced: %s', async (name) => {
    expect(await call(true, { headers: bearer(name) })).toMatchObject({ status: 200, type: 'application/json' })
  })

  test('the files of the log, for operators who may read it', async () => {
    const file = await call(true, { path: '/audit/tile/0/000', headers: bearer('new') })
    expect(file).toEqual({ status: 200, type: 'application/octet-stream', text: 'hashes' })
    for (const path of ['/audit/tile/0/001', '/audit/', '/audit', '/audit/../v1/status'])
      expect(await call(true, { path, headers: bearer('new') }), path).toMatchObject({ status: 404 })
    expect(await call(true, { path: '/audit/tile/0/000', headers: bearer('alice') })).toMatchObject({ status: 403 })
  })

  test('a route that fails says nothing of why', async () => {
    const broken = await call(true, { path: '/v1/broken', headers: bearer('alice') })
    expect(broken.status).toBe(500)
    expect(broken.text).not.toContain('secret')
  })
})

test('on a Unix socket the mode of the file is the credential, and every role is there', async () => {
  expect(await call(false, { headers: {} })).toMatchObject({ status: 200 })
  expect(JSON.parse((await call(false, { ...good, headers: json })).text)).toMatchObject({ operator: 'local' })
})
