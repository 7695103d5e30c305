import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { checkout } from '../../support/world.ts'
import { type Envoy, startEnvoyWith } from './envoy.ts'
import { statusOf } from './raw-client.ts'
import { allowed, setStage } from './stage.ts'

// The shipped example as it stands but for its addresses; and what passes where it is opened as `sallyport doctor` warns.

const stage = setStage(async () => ({}))
const shipped = fileURLToPath(new URL('../../../deploy/envoy/envoy.yaml', import.meta.url))
const envoys: Envoy[] = []
afterEach(async () => {
  await Promise.all(envoys.splice(0).map((each) => each.close()))
})

async function example(change: (text: string) => string = (text) => text): Promise<Envoy> {
  const text = await readFile(shipped, 'utf8')
  const placed = change(text)
    .replace('port_value: 9901', 'port_value: 0')
    .replace('port_value: 8000', 'port_value: 0')
    .replace('port_value: 8080', `port_value: ${stage.upstream.port}`)
    .replaceAll('/run/sallyport/ext-authz.sock', stage.socket.slice('unix:'.length))
  const envoy = await startEnvoyWith(() => placed)
  envoys.push(envoy)
  return envoy
}
const replaced = (what: string | RegExp, by: string) => (text: string) => {
  if (text.replace(what, by) === text) throw new Error(`nothing to replace: ${what}`)
  return text.replace(what, by)
}

test('an allow reaches the service with who is calling; a denial does not', async () => {
  const envoy = await example()
  expect((await stage.ask({ ...allowed(), 'x-sallyport-subject': 'evil' }, envoy)).status).toBe(200)
  expect(stage.received()[0]?.headers['x-sallyport-subject']).toBe(checkout)
  expect((await stage.ask({}, envoy)).status).toBe(401)
  expect((await stage.ask(allowed(), { ...envoy, method: 'DELETE' })).status).toBe(403)
  expect((await stage.ask(allowed(), { ...envoy, path: '/v1%2Forders/42' })).status).toBe(400)
  expect((await stage.ask({ ...allowed(), x_sallyport_subject: 'evil' }, envoy)).status).toBe(400)
  expect(stage.received()).toHaveLength(1)
})

test('paths reach the decision point and the service in one form', async () => {
  const envoy = await example()
  const raw = (path: string) =>
    statusOf(envoy.port, [
      `GET ${path} HTTP/1.1\r\nhost: orders.example.org\r\nauthorization: ${allowed().authorization}\r\nconnection: close\r\n\r\n`,
    ])
  expect(await raw('/v1/x/../orders/42')).toBe(200)
  expect(await raw('//v1//orders/42')).toBe(200)
  expect(stage.received().map(({ url }) => url)).toEqual(['/v1/orders/42', '/v1/orders/42'])
})

const refused = 401
describe('opened as doctor warns, a request passes that the example refuses', () => {
  const spoofed = { 'x-sallyport-subject': 'evil' }
  const rows: readonly (readonly [string, (text: string) => string, Record<string, string>, number])[] = [
    [
      'route-disabled',
      replaced(/check_settings:\n\s+context_extensions:\n\s+service: orders/, 'disabled: true'),
      {},
      refused,
    ],
    [
      'filter-disabled',
      (text) =>
        replaced(
          '- name: envoy.filters.http.ext_authz\n',
          '- name: envoy.filters.http.ext_authz\n                    disabled: true\n',
        )(
          replaced(/typed_per_filter_config:[\s\S]*?(?=\n  clusters:)/, '# settings of a route turn it on again')(text),
        ),
      {},
      refused,
    ],
    [
      'filter-enabled-in-part',
      replaced('validate_mutations: true', 'filter_enabled: { default_value: { numerator: 0, denominator: HUNDRED } }'),
      {},
      refused,
    ],
    [
      'not-asked',
      replaced(/- name: envoy.filters.http.ext_authz\n[\s\S]*?(?=\n\s+- name: envoy.filters.http.router)/, '# gone'),
      {},
      refused,
    ],
    [
      'underscores',
      replaced('headers_with_underscores_action: REJECT_REQUEST', 'headers_with_underscores_action: ALLOW'),
      { ...spoofed, x_sallyport_subject: 'evil' },
      400,
    ],
  ]
  test.each(rows)('%s', async (name, open, headers, status) => {
    const own = name === 'underscores' ? allowed() : {}
    expect((await stage.ask({ ...own, ...headers }, await example())).status).toBe(status)
    expect(stage.received()).toEqual([])
    expect((await stage.ask({ ...own, ...headers }, await example(open))).body).toBe('upstream')
  })

  test('failure-mode-allow, with nobody at the address of the decision point', async () => {
    const nobody = (text: string) => text.replaceAll('/run/sallyport/ext-authz.sock', '/run/sallyport/nobody.sock')
    expect((await stage.ask({}, await example(nobody))).status).toBe(503)
    expect(stage.received()).toEqual([])
    const open = replaced(/failure_mode_allow: false\n/, 'failure_mode_allow: true\n') // not in the comment
    expect((await stage.ask({}, await example((text) => open(nobody(text))))).body).toBe('upstream')
  })

  test('identity-headers, on a route that is not asked about', async () => {
    const off = replaced(/check_settings:\n\s+context_extensions:\n\s+service: orders/, 'disabled: true')
    await stage.ask(spoofed, await example(off))
    await stage.ask(spoofed, await example((text) => replaced(/\s+- remove: x-sallyport-subject/, '')(off(text))))
    expect(stage.received().map(({ headers }) => headers['x-sallyport-subject'])).toEqual([undefined, 'evil'])
  })
})
