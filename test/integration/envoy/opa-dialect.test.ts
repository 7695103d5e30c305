import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createSite, run, type Run, send, type Site, stop, usual } from '../../contract/process/harness.ts'
import { opaEnvoyArchive } from '../../support/opa-envoy.ts'
import { type Envoy, startEnvoy, startUpstream, type Upstream } from './envoy.ts'

// A policy as it is written for OPA's plugin, behind a real Envoy that was configured for it.
const rego = `package envoy.authz
import rego.v1

default allow := {"allowed": false, "http_status": 418, "body": "short and stout"}
allow := {"allowed": false, "http_status": 429, "body": "later", "headers": {"retry-after": "9", "set-cookie": ["a=1", "b=2"]}} if {
	input.parsed_path == ["busy"]
}
allow := {
	"allowed": true,
	"headers": {"x-user": input.parsed_body.user, "x-role": ["a", "b"]},
	"request_headers_to_remove": ["x-debug"],
	"response_headers_to_add": {"x-policy": "yes", "set-cookie": ["c=1", "d=2"]},
	"query_parameters_to_set": {"tenant": "t1"},
	"query_parameters_to_remove": ["token"],
	"dynamic_metadata": {"code": "from-policy"},
} if {
	input.parsed_path == ["orders"]
	input.attributes.request.http.method == "POST"
	input.truncated_body == false
}
allow := {"allowed": false, "http_status": 413} if {
	input.parsed_path == ["orders"]
	input.truncated_body
}
allow := true if input.parsed_path == ["plain"]
allow := {"allowed": "yes"} if input.parsed_path == ["broken"]
`

let site: Site
let pdp: Run
let upstream: Upstream
let envoy: Envoy

beforeAll(async () => {
  site = await createSite()
  await site.file('opa.tar.gz', await opaEnvoyArchive(rego, ['envoy/authz/allow']))
  const socket = join(site.folder, 'opa.sock')
  await site.configure({
    services: { shop: { ...usual.services.orders, dialect: 'opa-envoy', identity: 'policy' } },
    peps: { gateway: { socket: 'ext_authz', failure_mode_allow: false } },
    bundles: { shop: { file: 'opa.tar.gz', unsigned: true } },
    envoy_ext_authz_grpc: { addr: `unix://${socket}`, path: 'envoy/authz/allow' },
  })
  pdp = run(['start'], site.folder)
  await pdp.says(/ext_authz unix:/)
  upstream = await startUpstream()
  envoy = await startEnvoy({
    pdp: `unix:${socket}`,
    upstreamPort: upstream.port,
    filter: {
      // a failed call would let the request pass: denials must not be failed calls
      failure_mode_allow: true,
      with_request_body: { max_request_bytes: 64, allow_partial_message: true },
    },
  })
}, 60_000)
afterAll(async () => {
  await envoy.close()
  await upstream.close()
  await stop(pdp)
  await site.remove()
})
beforeEach(() => {
  upstream.received.length = 0
})

const ask = (path: string, { method = 'GET', headers = {}, body = '' } = {}) =>
  send(`http://127.0.0.1:${envoy.port}`, path, { method, headers: { host: 'shop.example.org', ...headers }, body })

const order = (body: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-debug': '1' },
  body,
})

async function lastLogged() {
  for (let tries = 0; tries < 100; tries++) {
    const line = (await envoy.accessLog()).at(-1)
    if (line) return line
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('nothing in the access log')
}

test('a body in JSON is judged; headers, query and answer are changed; metadata is in the access log', async () => {
  const reply = await ask('/orders?token=s&a=1', {
    ...order('{"user":"ann"}'),
    headers: { ...order('').headers, 'x-user': 'spoofed', 'x-sallyport-subject': 'spoofed' },
  })
  expect(reply).toMatchObject({
    status: 200,
    body: 'upstream',
    headers: { 'x-policy': 'yes', 'set-cookie': ['c=1', 'd=2'] },
  })
  const [seen] = upstream.received
  expect(seen?.headers).toMatchObject({ 'x-user': 'ann', 'x-role': 'a,b' })
  expect(seen?.headers).not.toHaveProperty('x-debug')
  expect(seen?.headers).not.toHaveProperty('x-sallyport-subject')
  expect(Object.fromEntries(new URL(seen?.url ?? '', 'http://x').searchParams)).toEqual({ a: '1', tenant: 't1' })
  expect(await lastLogged()).toMatchObject({
    status: 200,
    code: 'from-policy',
    decision_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
})

test('true lets the request pass as it is', async () => {
  expect(await ask('/plain')).toMatchObject({ status: 200, body: 'upstream' })
})

test('a denial has the status, body and headers of policy', async () => {
  const reply = await ask('/busy')
  expect(reply).toMatchObject({
    status: 429,
    body: 'later',
    headers: { 'retry-after': '9', 'set-cookie': ['a=1', 'b=2'] },
  })
  expect(upstream.received).toEqual([])
})

const denied = [
  ['a truncated body', '/orders', order(`{"user":"${'x'.repeat(80)}"}`), 413],
  ['a body that is no JSON', '/orders', order('{"user":'), 400],
  ['a result of another type, though the proxy fails open', '/broken', {}, 403],
  ['a status that Envoy does not know, though the proxy fails open', '/else', {}, 403],
] as const
test.each(denied)('%s does not reach the upstream', async (_, path, request, status) => {
  expect((await ask('/orders', order('{"user":"ann"}'))).status).toBe(200)
  upstream.received.length = 0
  expect((await ask(path, request)).status).toBe(status)
  expect(upstream.received).toEqual([])
})
