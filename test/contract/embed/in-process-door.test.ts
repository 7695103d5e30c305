import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pep } from '../../../pdp/core/service.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { createInProcessDoor, type InProcessDoor } from '../../../pdp/embed/in-process-door.ts'
import { createClient } from '../../../sdk/index.ts'
import { createTestDecisionPoint, gatewayKey, keyedGateway } from '../../support/decision-point.ts'
import { authorizeBytes, sendRaw, startTestServer, type TestServer, testLimits } from '../../support/http.ts'
import { bearer, svid } from '../../support/world.ts'

// What is asked in process is answered as over HTTP, byte for byte but for ids.

const program: Pep = { ...keyedGateway, name: 'program', authentication: { kind: 'embedded' } }
const elsewhere: Pep = { ...program, name: 'elsewhere', services: new Set(['billing']) }
const often: Pep = { ...program, name: 'often' }
let server: TestServer
let door: InProcessDoor
const refused: string[] = []

beforeAll(async () => {
  const waitOf = (pep: Pep) => seconds(pep.name === 'often' ? 7 : 0)
  const point = await createTestDecisionPoint({ peps: [keyedGateway, program, elsewhere, often], waitOf })
  server = await startTestServer({}, point)
  door = createInProcessDoor({
    current: () => point,
    demo: false,
    bodyBytes: () => testLimits.bodyBytes,
    requestRefused: (code) => void refused.push(code),
  })
})
afterAll(() => server.close())

const request = { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers: bearer(svid()) }
const read = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }
const withoutId = (text: string) => text.replace(/"id":"[0-9a-f-]{36}"/, '"id":""')
const inProcess = (body: string, service = 'orders') => door.authorize(body, { service }, { embedded: {} })

const bodies: readonly (readonly [string, string])[] = [
  ['an allow', JSON.stringify({ request, ...read })],
  ['a denial', JSON.stringify({ request, ...read, action: { name: 'delete' } })],
  ['nobody', JSON.stringify(read)],
  ['several questions', JSON.stringify({ request, checks: [read, { ...read, action: { name: 'delete' } }] })],
  ['no question', '{}'],
  ['no JSON', '{'],
  ['a member twice', '{"action":{},"action":{}}'],
  ['a member that is unknown', JSON.stringify({ request, ...read, force: true })],
  ['evidence in two places', JSON.stringify({ request, ...read, credentials: [{ type: 'bearer', token: 'x' }] })],
  ['a body that is empty', ''],
  ['a body that is too large', JSON.stringify({ request, ...read, context: { x: 'x'.repeat(testLimits.bodyBytes) } })],
  ['a byte order mark', `\ufeff${JSON.stringify({ request, ...read })}`],
  ['a surrogate alone', '{"action":"\\ud800"}'],
  ['a list', '[]'],
]
test.each(bodies)('%s is answered as over HTTP', async (_, body) => {
  const over = await sendRaw(server.port, [authorizeBytes({ body })])
  expect(withoutId(JSON.stringify(await inProcess(body)))).toBe(withoutId(over.body))
})

test('texts that have no form in UTF-8 are refused', async () => {
  expect((await inProcess(JSON.stringify({ request, ...read }))).decision).toBe('allow')
  expect(await inProcess('{"action":"\ud800"}')).toMatchObject({ status: 400, clause: 'http-body-utf8' })
})

const askers = [
  ['one of no such name', 'nobody', 'orders', 'PEP_UNAUTHENTICATED', 'pep-embedded-known'],
  ['one that has a key instead', keyedGateway.name, 'orders', 'PEP_UNAUTHENTICATED', 'pep-embedded-known'],
  ['one for another service', 'elsewhere', 'orders', 'PEP_REFUSED', 'pep-may-ask-for-service'],
  ['one that asks too often', 'often', 'orders', 'RATE_LIMITED', 'pep-rate'],
  ['one for no service there is', 'program', 'nothing', 'SERVICE_UNKNOWN', 'service-known'],
] as const
test.each(askers)('%s is refused', async (_, pep, service, code, clause) => {
  const ask = { request, ...read }
  expect(await door.authorize(ask, { service: 'orders' }, { embedded: { pep: 'program' } })).toMatchObject({
    decision: 'allow',
  })
  const answer = await door.authorize(ask, { service }, { embedded: { pep } })
  expect(answer).toMatchObject({ code, clause })
  expect(answer.decision).toBeUndefined()
  expect(refused.at(-1)).toBe(code)
})

test('no listener admits the enforcement point of the process', async () => {
  const reply = await sendRaw(server.port, [authorizeBytes({ body: JSON.stringify({ request, ...read }), key: null })])
  expect(reply.status).toBe(401)
})

test('a body that is no JSON is a mistake of the program', async () => {
  const ring: Record<string, unknown> = {}
  ring['ring'] = ring
  for (const body of [ring, undefined, () => undefined])
    await expect(door.authorize(body as never, {}, { embedded: {} })).rejects.toThrow(TypeError)
})

test('the SDK asks over its `fetch`: the same retry, the same refusals', async () => {
  const fetch = door.fetchOver(() => ({ embedded: { pep: 'program' } }))
  const clientOf = (service: string) => createClient({ url: 'http://localhost', service, fetch })
  expect(await clientOf('orders').authorize({ request, ...read })).toMatchObject({ decision: 'allow', local: false })
  expect(await clientOf('nothing').authorize({ request, ...read })).toMatchObject({
    decision: 'deny',
    failure: { code: 'REFUSED', problem: 'SERVICE_UNKNOWN' },
  })
  const often = door.fetchOver(() => ({ embedded: { pep: 'often' } }))
  expect(
    await createClient({ url: 'http://localhost', service: 'orders', fetch: often }).authorize({ request }),
  ).toMatchObject({
    respond: { status: 503, headers: { 'retry-after': '7' } },
  })
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ request, ...read }),
  }
  expect((await fetch('http://localhost/authorize/orders', init)).status).toBe(200)
  expect((await fetch('http://localhost/authorize/orders', { ...init, headers: {} })).status).toBe(415)
  expect((await fetch('http://localhost/authorize/orders', { ...init, method: 'GET', body: null })).status).toBe(405)
  expect((await fetch('http://localhost/other', init)).status).toBe(404)
  await expect(fetch('http://localhost/authorize', { method: 'POST', body: new Uint8Array() })).rejects.toThrow(
    TypeError,
  )
})

test('a key is looked at where the connection is by key', async () => {
  const fetch = door.fetchOver((authorization) => ({ authorization }))
  const clientOf = (key: string) => createClient({ url: 'http://localhost', service: 'orders', key, fetch })
  expect((await clientOf(gatewayKey).authorize({ request, ...read })).decision).toBe('allow')
  expect((await clientOf('sp_pep_some-other-key').authorize({ request, ...read })).failure?.problem).toBe(
    'PEP_UNAUTHENTICATED',
  )
})
