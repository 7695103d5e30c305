import { connect } from 'node:http2'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { usual } from '../../contract/process/harness.ts'
import type { Envoy, EnvoyGiven, Json } from './envoy.ts'
import { statusOf } from './raw-client.ts'
import { allowed, setStage } from './stage.ts'

// Under failure_mode_allow an error of the check is an allow. Nothing that a client sends may bring one about: each of
// these requests has no credential, and must not reach the upstream.

const stage = setStage(async (site) => ({
  listen: {
    ...usual.listen,
    ext_authz: `unix:${join(site.folder, 'ext-authz.sock')}`,
    http_authz: `unix:${join(site.folder, 'http-authz.sock')}`,
  },
  http_authz: { convention: 'envoy' },
  peps: { gateway: { socket: 'ext_authz' }, keyed: { bearer: 'file:gateway.key' } },
  services: { orders: { ...usual.services.orders, peps: ['gateway', 'keyed'] } },
  bundles: usual.bundles,
}))

/** As little of Envoy's own protection as there can be. */
const unprotected: Json = {
  max_request_headers_kb: 8_192,
  common_http_protocol_options: { max_headers_count: 10_000, headers_with_underscores_action: 'ALLOW' },
  upgrade_configs: [{ upgrade_type: 'CONNECT' }, { upgrade_type: 'websocket' }],
  normalize_path: false,
  merge_slashes: false,
}
const anyRoute: Json = {
  route_config: {
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: [
          {
            match: { connect_matcher: {} },
            route: { cluster: 'upstream', upgrade_configs: [{ upgrade_type: 'CONNECT', connect_config: {} }] },
          },
          { match: { prefix: '' }, route: { cluster: 'upstream' } },
        ],
      },
    ],
  },
}

const failingOpen = { failure_mode_allow: true, failure_mode_allow_header_add: true }
const patient = { grpc_service: { envoy_grpc: { cluster_name: 'pdp' }, timeout: '8s' } } // to be slow is another matter
const body = { with_request_body: { max_request_bytes: 8_388_608, allow_partial_message: true } }

const modes: readonly (readonly [string, () => Partial<EnvoyGiven>])[] = [
  ['gRPC', () => ({ filter: { ...failingOpen, ...patient, ...body } })],
  [
    'gRPC with raw headers and bytes',
    () => ({
      filter: {
        ...failingOpen,
        ...patient,
        encode_raw_headers: true,
        with_request_body: { ...body.with_request_body, pack_as_bytes: true },
      },
    }),
  ],
  [
    'HTTP',
    () => ({
      pdp: `unix:${join(stage.site.folder, 'http-authz.sock')}`,
      overHttp: true,
      pdpCluster: {},
      filter: {
        ...failingOpen,
        ...body,
        grpc_service: undefined,
        include_peer_certificate: undefined,
        http_service: {
          server_uri: { uri: 'http://sallyport', cluster: 'pdp', timeout: '8s' },
          authorization_request: { headers_to_add: [{ key: 'x-sallyport-pep-key', value: stage.site.key }] },
        },
        allowed_headers: { patterns: [{ safe_regex: { regex: '.*' } }] },
      },
    }),
  ],
]

const head = (line: string, ...more: readonly string[]) =>
  Buffer.from([line, 'host: orders.example.org', 'connection: close', ...more, '', ''].join('\r\n'), 'latin1')
const megabytes = (count: number) => 'x'.repeat(count * 1_048_576)
const get = 'GET /v1/orders/42 HTTP/1.1'

const poison: readonly (readonly [string, () => readonly Buffer[]])[] = [
  ['nothing special', () => [head(get)]],
  ['a header that is not UTF-8 (CVE-2023-27488)', () => [head(get, 'x-a: \xff\xfe\x80')]],
  ['a credential that is not UTF-8', () => [head(get, 'authorization: Bearer \xff')]],
  ['a header of 5 MiB', () => [head(get, `x-a: ${megabytes(5)}`)]],
  ['5,000 headers', () => [head(get, ...Array.from({ length: 5_000 }, (_, i) => `x-${i}: 1`))]],
  [
    'a body of 5 MiB',
    () => [head('POST /v1/orders HTTP/1.1', `content-length: ${5 * 1_048_576}`), Buffer.from(megabytes(5))],
  ],
  [
    'a body that is not UTF-8',
    () => [head('POST /v1/orders HTTP/1.1', 'content-length: 3'), Buffer.from([0xff, 0, 0xfe])],
  ],
  ['a path of 1 MiB', () => [head(`GET /${megabytes(1)} HTTP/1.1`)]],
  ['100,000 parameters', () => [head(`GET /v1/orders/42?${'a=1&'.repeat(100_000)} HTTP/1.1`)]],
  ['a path that is not UTF-8', () => [head('GET /%ff%fe HTTP/1.1')]],
  ['a half escape', () => [head('GET /v1/% HTTP/1.1')]],
  ['the path *', () => [head('OPTIONS * HTTP/1.1')]],
  ['a websocket', () => [head(get, 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13')]],
  ['an absolute target', () => [head('GET http://evil.example/v1/orders/42 HTTP/1.1')]],
  [
    'a host with a user',
    () => [
      head(get.replace('/v1', '/v1')).subarray(0, 0),
      Buffer.from('GET / HTTP/1.1\r\nhost: a@b:99\r\nconnection: close\r\n\r\n'),
    ],
  ],
  ['two Authorization values', () => [head(get, 'authorization: Bearer a', 'authorization: Bearer b')]],
  ['a header named __proto__', () => [head(get, '__proto__: 1', 'constructor: 1')]],
  [
    'headers of protocols',
    () => [
      head(
        get,
        'grpc-timeout: 1n',
        'x-envoy-upstream-rq-timeout-ms: 1',
        'x-envoy-retry-on: 5xx',
        'te: trailers',
        'expect: nonsense',
      ),
    ],
  ],
  ['a forwarded certificate of nonsense', () => [head(get, 'x-forwarded-client-cert: "\\";;;=,By')]],
  ['a proof of 100 KiB', () => [head(get, 'authorization: DPoP a.b.c', `dpop: ${'a'.repeat(102_400)}.b.c`)]],
  ['a signature of nonsense', () => [head(get, 'signature-input: ((((', 'signature: ::::')]],
]

describe.each(modes)('over %s', (_, given) => {
  let envoy: Envoy
  beforeEach(async () => {
    envoy = await stage.envoy({ ...given(), connectionManager: { ...unprotected, ...anyRoute } })
  })
  afterEach(() => {
    stage.pdp.child.kill('SIGCONT')
  })

  test('with the decision point stopped the request does pass', async () => {
    stage.pdp.child.kill('SIGSTOP')
    expect(await statusOf(envoy.port, [head(get)])).toBe(200)
    expect(stage.received()[0]?.headers['x-envoy-auth-failure-mode-allowed']).toBe('true')
  })

  test('no request of the table reaches the upstream', async () => {
    expect((await stage.ask(allowed(), { port: envoy.port })).status).toBe(200)
    stage.upstream.received.length = 0
    const passed: string[] = []
    for (const [name, pieces] of poison) {
      const status = await statusOf(envoy.port, pieces())
      if (status < 400 || status >= 500 || stage.received().length > 0) passed.push(`${name}: ${status}`)
      stage.upstream.received.length = 0
    }
    expect(passed).toEqual([])
    expect((await stage.ask(allowed(), { port: envoy.port })).status).toBe(200)
  })

  test('nor one beside thousands that their client gave up (CVE-2023-44487)', async () => {
    let going = true
    const flood = async () => {
      while (going) {
        const session = connect(`http://127.0.0.1:${envoy.port}`)
        session.on('error', () => undefined)
        for (let i = 0; i < 25; i++) {
          const stream = session.request({ ':path': '/v1/orders/42', ':authority': 'orders.example.org' })
          stream.on('error', () => undefined)
          setImmediate(() => stream.close(8))
        }
        await delay(20)
        session.destroy()
      }
    }
    const flooding = flood()
    const statuses = new Set<number>()
    const until = performance.now() + 3_000
    while (performance.now() < until) statuses.add(await statusOf(envoy.port, [head(get)]))
    going = false
    await flooding
    expect(stage.received()).toEqual([])
    expect([...statuses].filter((status) => status !== 401 && status !== 403)).toEqual([])
  })
})

describe('CONNECT, which has no path', () => {
  const connectOf = async (given: Partial<EnvoyGiven>, failOpen: boolean) => {
    // without a buffered body: that of CONNECT has no end
    const filter = { ...given.filter, with_request_body: undefined, failure_mode_allow: failOpen }
    const envoy = await stage.envoy({ ...given, filter, connectionManager: { ...unprotected, ...anyRoute } })
    return statusOf(envoy.port, [head('CONNECT orders.example.org:443 HTTP/1.1')])
  }

  test.each(modes.slice(0, 2))('over %s is refused, whatever the proxy does on errors', async (_, given) => {
    expect(await connectOf(given(), true)).toBe(400)
    expect(await connectOf(given(), false)).toBe(400)
  })

  test.each(modes.slice(2))(
    'over %s Envoy cannot ask about: it is refused unless errors let requests pass',
    async (_, given) => {
      expect(await connectOf(given(), true)).toBe(200)
      expect(await connectOf(given(), false)).toBe(403)
    },
  )
})
