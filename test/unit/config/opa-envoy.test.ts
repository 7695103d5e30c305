import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseConfig } from '../../../pdp/config/read-config.ts'

const base = {
  services: {
    shop: { audiences: ['https://shop.example.org'], peps: ['sidecar'], dialect: 'opa-envoy', identity: 'policy' },
  } as Record<string, Record<string, unknown>>,
  peps: { sidecar: { socket: 'ext_authz' } },
  trust: [{ issuer: 'https://login.example.org' }],
  bundles: { shop: { file: 'shop.tar.gz', unsigned: true } },
}
type Section = Readonly<Record<string, unknown>>
const parse = (section: Section | undefined, more: Section = {}) =>
  parseConfig({ ...base, ...(section && { envoy_ext_authz_grpc: section }), ...more })

const unix = 'unix:///run/opa.sock'

describe('keys of the plugin', () => {
  test('its address, path and dry-run become settings of ours', () => {
    const parsed = parse({ addr: unix, path: '/shop/authz/allow', 'dry-run': true })
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        listen: { ext_authz: 'unix:/run/opa.sock' },
        services: { shop: { entrypoint: 'shop/authz/allow', dry_run: true } },
      },
    })
  })

  const entrypoints = [
    [{}, 'envoy/authz/allow'],
    [{ path: 'a/b' }, 'a/b'],
    [{ query: 'data.istio.authz.allow' }, 'istio/authz/allow'],
  ] as const
  test.each(entrypoints)('%j asks for %s', (section, entrypoint) => {
    expect(parse({ addr: unix, ...section })).toMatchObject({ value: { services: { shop: { entrypoint } } } })
  })

  test('without the section the default path is asked, and settings of the service go first', () => {
    const listen = { ext_authz: 'unix:/run/s.sock' }
    expect(parse(undefined, { listen })).toMatchObject({
      value: { services: { shop: { entrypoint: 'envoy/authz/allow' } } },
    })
    const services = { shop: { ...base.services['shop'], entrypoint: 'mine/allow' } }
    expect(parse({ path: 'a/b' }, { listen, services })).toMatchObject({
      value: { services: { shop: { entrypoint: 'mine/allow' } } },
    })
  })

  const addresses = [
    [':9191', '0.0.0.0:9191'],
    ['127.0.0.1:9191', '127.0.0.1:9191'],
    ['grpc://localhost:9191', '127.0.0.1:9191'],
    [unix, 'unix:/run/opa.sock'],
  ] as const
  test.each(addresses)('the address %s is %s', (addr, address) => {
    const peps = { sidecar: { bearer: 'file:key' } }
    expect(parse({ addr }, { peps, tls: 'off' })).toMatchObject({ value: { listen: { ext_authz: address } } })
  })

  test('the address of all interfaces needs TLS here', () => {
    const peps = { sidecar: { bearer: 'file:key' } }
    expect(parse({ addr: ':9191' }, { peps, tls: 'off' })).toMatchObject({ ok: true })
    expect(parse({ addr: ':9191' }, { peps })).toMatchObject({ ok: false, problems: [{ at: 'listen.ext_authz' }] })
  })
})

test('the configuration of the documentation is one', async () => {
  const page = await readFile(new URL('../../../docs/envoy-opa-dialect.md', import.meta.url), 'utf8')
  const block = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
  expect(parseConfig(parseYaml(block))).toMatchObject({
    ok: true,
    value: {
      listen: { ext_authz: 'unix:/run/sallyport/ext-authz.sock' },
      services: { shop: { dialect: 'opa-envoy', identity: 'policy', entrypoint: 'envoy/authz/allow' } },
    },
  })
})

test('nobody need be trusted where policy alone judges', () => {
  const listen = { ext_authz: 'unix:/run/s.sock' }
  expect(parse(undefined, { listen, trust: [] })).toMatchObject({ ok: true })
  const services = { shop: { ...base.services['shop'], identity: 'required' } }
  expect(parse(undefined, { listen, trust: [], services })).toMatchObject({ ok: false, problems: [{ at: 'trust' }] })
})

describe('what cannot be meant is refused with a sentence', () => {
  const rows: readonly (readonly [Section, string, RegExp])[] = [
    [{ addr: 'unix://@abstract' }, 'addr', /abstract sockets/],
    [{ addr: 'http://127.0.0.1:1' }, 'addr', /must be HOST:PORT/],
    [{ path: 'a/b', query: 'data.a.b' }, 'query', /say one of them/],
    [{ query: 'data.a.b; data.c' }, 'query', /must be one reference/],
    [{ path: 'a-b/c' }, 'path', /must lead to a rule/],
    [{ 'grpc-max-recv-msg-size': 4_194_305 }, 'grpc-max-recv-msg-size', /at most/],
    [{ 'grpc-max-send-msg-size': 1_000 }, 'grpc-max-send-msg-size', /error of a reply/],
    [{ 'enable-performance-metrics': true }, 'enable-performance-metrics', /always on/],
    [{ 'grpc-request-duration-seconds-buckets': [1] }, 'grpc-request-duration-seconds-buckets', /cannot be chosen/],
  ]
  test.each(rows)('%j', (section, key, message) => {
    const twin = { addr: unix, 'enable-reflection': true, 'grpc-max-send-msg-size': 2_147_483_647 }
    expect(parse(twin)).toMatchObject({ ok: true })
    const parsed = parse({ addr: unix, ...section })
    expect(parsed.ok ? [] : parsed.problems).toContainEqual({
      at: `envoy_ext_authz_grpc.${key}`,
      message: expect.stringMatching(message),
    })
  })

  test('the section without a service of the dialect, the dialect without a listener', () => {
    const services = { shop: { ...base.services['shop'], dialect: 'native', identity: 'required' } }
    const listen = { ext_authz: 'unix:/run/s.sock' }
    expect(parse(undefined, { services, listen })).toMatchObject({ ok: true })
    expect(parse({}, { services, listen })).toMatchObject({ ok: false, problems: [{ at: 'envoy_ext_authz_grpc' }] })
    const gateway = { peps: { sidecar: { bearer: 'file:key' } } }
    expect(parse(undefined, { listen, ...gateway })).toMatchObject({ ok: true })
    expect(parse(undefined, gateway)).toMatchObject({ ok: false, problems: [{ at: 'services.shop.dialect' }] })
    expect(parse({ addr: unix }, { listen, ...gateway })).toMatchObject({
      ok: false,
      problems: [{ at: 'envoy_ext_authz_grpc.addr', message: expect.stringMatching(/say it once/) }],
    })
  })

  test.each([{ identity: 'policy' }, { expose_credentials: true }])('%j of another dialect', (member) => {
    const listen = { ext_authz: 'unix:/run/s.sock' }
    const native = { audiences: ['https://shop.example.org'], peps: ['sidecar'], ...member }
    expect(parse(undefined, { listen, services: { shop: { ...native, dialect: 'opa-envoy' } } })).toMatchObject({
      ok: true,
    })
    const parsed = parse(undefined, { listen, services: { shop: native } })
    const [name] = Object.keys(member)
    expect(parsed).toMatchObject({ ok: false, problems: [{ at: `services.shop.${name}` }] })
  })

  test('`identity: policy` with a demand on who calls', () => {
    const listen = { ext_authz: 'unix:/run/s.sock' }
    const services = { shop: { ...base.services['shop'], minimum_assurance: 2 } }
    expect(parse(undefined, { listen, services: { shop: { ...services.shop, identity: 'required' } } })).toMatchObject({
      ok: true,
    })
    expect(parse(undefined, { listen, services })).toMatchObject({
      ok: false,
      problems: [{ at: 'services.shop.identity' }],
    })
  })
})
