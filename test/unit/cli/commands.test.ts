import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../pdp/core/digest.ts'
import { base } from '../config/base.ts'
import { command } from './harness.ts'

let folder = ''
let file = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-cli-'))
  file = join(folder, 'sallyport.yaml')
  await writeFile(file, stringify(base()))
})
afterEach(() => rm(folder, { recursive: true }))

describe('usage', () => {
  test.for([
    [['strat'], /Did you mean start/],
    [['start', '--confg', 'x'], /Did you mean --config/],
    [['pep', 'add'], /missing required argument 'name'/],
    [['config', 'check', 'more'], /too many arguments/],
  ] as const)('%s is told, on stderr, with 64', async ([args, says]) => {
    const { code, out, said } = await command(args)
    expect([code, out]).toEqual([64, ''])
    expect(said).toMatch(says)
  })

  test('help is data', async () => {
    const { code, out, said } = await command(['--help'])
    expect([code, said]).toEqual([0, ''])
    for (const name of ['start', 'config', 'pep', 'operator']) expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  })
})

describe('config', () => {
  test('check: the digest of what can be started, all problems of what cannot', async () => {
    const good = await command(['config', 'check', '--config', file])
    expect([good.code, good.said]).toEqual([0, ''])
    expect(good.out).toMatch(/^ok sha256:[0-9a-f]{64}\n$/)
    const bad = await command(['config', 'check', '-c', file, '--set', 'workers=many', 'state=1'])
    expect([bad.code, bad.out]).toEqual([3, ''])
    expect(bad.said.trim().split('\n')).toHaveLength(2)
  })

  test('the file is found by its variable', async () => {
    expect((await command(['config', 'check'], { SALLYPORT_CONFIG: file })).code).toBe(0)
    expect((await command(['config', 'check'], { SALLYPORT_CONFIG: `${file}.absent` })).code).toBe(3)
  })

  test('print: what is used, every default in place', async () => {
    const { code, out } = await command(['config', 'print', '-c', file])
    expect(code).toBe(0)
    expect(parse(out)).toMatchObject({ listen: { decisions: '127.0.0.1:7070' }, state: join(folder, 'state') })
  })

  test('print --sources: who said it', async () => {
    const { out } = await command(['config', 'print', '--sources', '-c', file, '--set', 'limits.grace_s=3'], {
      SALLYPORT_WORKERS: '1',
    })
    expect(out).toMatch(/^limits\.grace_s: 3 +# --set limits\.grace_s$/m)
    expect(out).toMatch(/^workers: 1 +# SALLYPORT_WORKERS$/m)
    expect(out).toMatch(/^services\.orders\.peps\.0: "gateway" +# .*sallyport\.yaml:\d+$/m)
    expect(out).toMatch(/^listen\.health: "127\.0\.0\.1:7071" +# default$/m)
  })

  test('schema: JSON Schema of the file', async () => {
    const { code, out } = await command(['config', 'schema'])
    expect(code).toBe(0)
    const schema = JSON.parse(out)
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(['services', 'peps', 'listen', 'tls', 'fleet']),
    )
    expect(schema.required).toEqual(['services', 'peps', 'bundles']) // `trust` too, but where policy alone judges who is calling
    expect(schema.additionalProperties).toBe(false)
  })
})

describe.for([
  ['pep', 'sp_pep_', 'peps: { orders-api: { bearer: file:'],
  ['operator', 'sp_admin_', 'admin: { tokens: { orders-api: { bearer: file:'],
] as const)('%s add', ([noun, prefix, setting]) => {
  const add = (...more: readonly string[]) =>
    command([noun, 'add', 'orders-api', '--out', join(folder, 'a.key'), ...more])
  const digests = async () => (await readFile(join(folder, 'a.key'), 'utf8')).trim().split('\n')

  test('prints the key once and keeps its digest', async () => {
    const { code, out, said } = await add()
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^${prefix}[A-Za-z0-9_-]{43}\n$`))
    expect(await digests()).toEqual([`sha256:${sha256(out.trim())}`])
    expect((await stat(join(folder, 'a.key'))).mode & 0o777).toBe(0o600)
    expect(said).toContain(setting)
    expect(said).not.toContain(out.trim())
  })

  test('never overwrites', async () => {
    const first = await add()
    const second = await add()
    expect([second.code, second.out]).toEqual([1, ''])
    expect(second.said).toMatch(/is there already; --rotate adds/)
    expect(await digests()).toEqual([`sha256:${sha256(first.out.trim())}`])
  })

  test('rotates: the new key beside the old one, and not a third', async () => {
    const first = await add()
    const second = await add('--rotate')
    expect(second.code).toBe(0)
    expect(await digests()).toEqual([first, second].map(({ out }) => `sha256:${sha256(out.trim())}`))
    expect((await stat(join(folder, 'a.key'))).mode & 0o777).toBe(0o600)
    const third = await add('--rotate')
    expect([third.code, third.out]).toEqual([1, ''])
    expect(third.said).toMatch(/holds two keys already/)
  })

  test('does not rotate what is not there, or is no file of digests', async () => {
    expect(await add('--rotate')).toMatchObject({ code: 1, out: '', said: expect.stringMatching(/ENOENT/) })
    await writeFile(join(folder, 'a.key'), `${prefix}secret`)
    const refused = await add('--rotate')
    expect([refused.code, refused.out]).toEqual([1, ''])
    expect(refused.said).not.toContain('secret')
  })

  test('a name that cannot be one', async () => {
    expect(await command([noun, 'add', '../x'])).toMatchObject({ code: 64, out: '' })
  })
})
