import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { configDigest } from '../../../pdp/config/config-digest.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { printConfig, printSources } from '../../../pdp/config/print-config.ts'
import { base } from './base.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function load(text: string, environment: Readonly<Record<string, string>> = {}, flags: readonly string[] = []) {
  const file = join(folder, `${++files}.yaml`)
  await writeFile(file, text)
  return { file, loaded: await loadConfig({ file, environment, flags }) }
}

const good = stringify(base())
const withListen = (address: string) => `${good}listen: { decisions: '${address}' }\n`

describe('flags win over the environment, that over the file, that over defaults', () => {
  const rows = [
    ['defaults', good, {}, [], '127.0.0.1:7070', 'default'],
    ['the file', withListen('127.0.0.1:1'), {}, [], '127.0.0.1:1', /\.yaml:\d+$/],
    [
      'the environment',
      withListen('127.0.0.1:1'),
      { SALLYPORT_LISTEN__DECISIONS: '127.0.0.1:2' },
      [],
      '127.0.0.1:2',
      'SALLYPORT_LISTEN__DECISIONS',
    ],
    [
      'flags',
      withListen('127.0.0.1:1'),
      { SALLYPORT_LISTEN__DECISIONS: '127.0.0.1:2' },
      ['listen.decisions=127.0.0.1:3'],
      '127.0.0.1:3',
      '--set listen.decisions',
    ],
  ] as const
  test.for(rows)('%s', async ([, text, environment, flags, expected, source]) => {
    const { loaded } = await load(text, environment, flags)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    expect(loaded.config.listen.decisions).toBe(expected)
    const line = printSources(loaded)
      .split('\n')
      .find((entry) => entry.startsWith('listen.decisions:'))
    expect(line?.split('# ')[1]).toEqual(typeof source === 'string' ? source : expect.stringMatching(source))
  })
})

describe('the one rule of variables', () => {
  const accepted: readonly (readonly [string, string, unknown])[] = [
    ['SALLYPORT_WORKERS', '1', { workers: 1 }],
    ['SALLYPORT_LIMITS__GRACE_S', '3', { limits: { grace_s: 3 } }],
    ['SALLYPORT_SERVICES__ORDERS__REUSE_MAX_S', '7', { services: { orders: { reuse_max_s: 7 } } }],
    ['SALLYPORT_PEPS__ORDERS_API', '{ none: true }', { peps: { 'orders-api': { none: true } } }],
    ['SALLYPORT_TRUST', '[{ issuer: "https://b.example" }]', { trust: [{ issuer: 'https://b.example' }] }],
  ]
  test.for(accepted)('%s=%s', async ([name, value, expected]) => {
    const { loaded } = await load(good, { [name]: value })
    expect(loaded).toMatchObject({ ok: true, config: expected })
  })

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ['SALLYPORT_LISTENS__DECISIONS', '127.0.0.1:1', /did you mean `listen`/],
    ['SALLYPORT_LISTEN__DECISION', '127.0.0.1:1', /did you mean `decisions`/],
    ['SALLYPORT_WORKERS__COUNT', '1', /leads into a value/],
    ['SALLYPORT_WORKERS', 'many', /SALLYPORT_WORKERS/],
    ['SALLYPORT_PEPS____PROTO__', '{ none: true }', /unknown key|leads into a value|must/],
    ['SALLYPORT_LIMITS', '{ a: 1, a: 2 }', /DUPLICATE_KEY/],
  ]
  test.for(refused)('%s=%s is refused', async ([name, value, says]) => {
    expect((await load(good)).loaded.ok).toBe(true)
    const { loaded } = await load(good, { [name]: value })
    const problems = loaded.ok ? [] : loaded.problems
    expect(problems.map(({ at, message }) => `${at}: ${message}`).join('\n')).toMatch(says)
  })

  test('what Kubernetes sets beside a Service of our name is nobody’s setting', async () => {
    const links = {
      SALLYPORT_SERVICE_HOST: '10.0.0.1',
      SALLYPORT_SERVICE_PORT: '7070',
      SALLYPORT_SERVICE_PORT_DECISIONS: '7070',
      SALLYPORT_PORT: 'tcp://10.0.0.1:7070',
      SALLYPORT_PORT_7070_TCP: 'tcp://10.0.0.1:7070',
      SALLYPORT_PORT_7070_TCP_ADDR: '10.0.0.1',
      SALLYPORT_HEALTH_SERVICE_HOST: '10.0.0.1',
    }
    expect((await load(good, links)).loaded.ok).toBe(true)
    expect((await load(good, { ...links, SALLYPORT_PORTS: '1' })).loaded.ok).toBe(false)
  })
})

describe('flags', () => {
  test.for([
    ['listen.decision=127.0.0.1:1', /did you mean `decisions`/],
    ['listen.decisions', /PATH=VALUE/],
    ['peps.__proto__.none=true', /unknown key|leads into|known here/],
  ] as const)('--set %s is refused', async ([flag, says]) => {
    expect((await load(good, {}, ['listen.decisions=127.0.0.1:1'])).loaded.ok).toBe(true)
    const { loaded } = await load(good, {}, [flag])
    expect(loaded.ok ? '' : loaded.problems.map(({ message }) => message).join('\n')).toMatch(says)
  })
})

describe('files that are refused whole', () => {
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['a doubled key', `${good}workers: 1\nworkers: 1\n`, /DUPLICATE_KEY at line \d+/],
    ['an alias', good.replace('peps:', 'peps: &p').replace(/$/, 'admin: *p\n'), /alias/],
    ['a tag', `${good}state: !secret x\n`, /TAG_RESOLVE_FAILED/],
    ['a key __proto__', `${good}__proto__: {}\n`, /names as keys/],
    ['broken text', 'services: {', /not readable as YAML/],
    ['nothing', '', /expected object/],
  ]
  test.for(rows)('%s', async ([, text, says]) => {
    expect((await load(good)).loaded.ok).toBe(true)
    const { loaded } = await load(text)
    expect(loaded.ok ? '' : loaded.problems.map(({ message }) => message).join('\n')).toMatch(says)
  })

  test('a file that is not there, and one that is no text', async () => {
    const absent = await loadConfig({ file: join(folder, 'absent.yaml'), environment: {}, flags: [] })
    expect(absent).toMatchObject({ ok: false, problems: [{ message: 'cannot be read: ENOENT' }] })
    const bytes = join(folder, 'bytes.yaml')
    await writeFile(bytes, Buffer.from([0xff, 0xfe, 0x00]))
    expect(await loadConfig({ file: bytes, environment: {}, flags: [] })).toMatchObject({ ok: false })
  })
})

test('relative paths begin at the folder of the file', async () => {
  const { loaded } = await load(`${good}state: var\n`)
  expect(loaded).toMatchObject({
    ok: true,
    config: {
      state: join(folder, 'var'),
      audit: { directory: join(folder, 'var', 'audit') },
      listen: { admin: `unix:${join(folder, 'var', 'admin.sock')}` },
      bundles: { orders: { file: join(folder, 'orders.tar.gz'), unsigned: true } },
      peps: { gateway: { bearer: `file:${join(folder, 'gateway.key')}` } },
      services: { orders: { audiences: ['https://orders.example.org'] } },
    },
  })
})

test('what is printed is the same configuration', async () => {
  const { loaded } = await load(withListen('127.0.0.1:1'))
  if (!loaded.ok) throw new Error('refused')
  const again = await load(printConfig(loaded))
  expect(again.loaded.ok && configDigest(again.loaded.config)).toBe(configDigest(loaded.config))
})

test('a problem says where it comes from', async () => {
  const { loaded, file } = await load(`${good}listen: { decisions: nowhere }\n`)
  expect(loaded.ok ? [] : loaded.problems[0]?.message).toContain(`(${file}:`)
})
