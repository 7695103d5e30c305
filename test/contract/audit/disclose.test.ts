import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { command } from '../../unit/cli/harness.ts'
import { bearer, createAsk, svid, svidKey, trustDomain } from '../../support/world.ts'

const python = fileURLToPath(new URL('../../../deploy/verify/disclosure.py', import.meta.url))
const rego = `package system.log

mask contains {"op": "commit", "path": sprintf("/%s", [path])} if some path in ["subject/id", "request/path", "questions/0/resource"]

mask contains {"op": "commit", "path": "/policy/digest"}
`

let folder = ''
let record: Record<string, unknown> = {}
let other = ''
let vkey = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-disclose-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
  const mask = await buildTestBundle({ rego, entrypoints: ['system/log/mask'], roots: ['system/log'] })
  await writeFile(join(folder, 'mask.tar.gz'), mask)
  await writeFile(join(folder, 'bundle.json'), JSON.stringify({ keys: [svidKey.jwk] }))
  const path = '/ns/{namespace}/sa/{service_account}'
  const parsed = parseConfig({
    services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    trust: [{ spiffe: trustDomain, from: `file:${join(folder, 'bundle.json')}`, environment: 'production', path }],
    bundles: {
      orders: { file: join(folder, 'orders.tar.gz'), unsigned: true },
      mask: { file: join(folder, 'mask.tar.gz'), unsigned: true },
    },
    state: join(folder, 'state'),
    audit: { mode: 'written', payloads: { days: 1 }, mask: { bundle: 'mask' } },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const pdp = await createPdp(parsed.value, systemSurroundings())
  const service = pdp.services.get('orders')
  if (!service) throw new Error('the service is missing')
  const headers = bearer(svid({ now: instant(Date.now()) }))
  const ids: string[] = []
  for (let n = 0; n < 2; n++) ids.push((await pdp.decide(createAsk({ service, headers }))).id)
  await pdp.close()
  vkey = join(folder, 'state', 'keys', 'audit-log.vkey')
  other = ids[1] ?? ''
  const lines = (await readFile(join(folder, 'state', 'audit', 'records.ndjson'), 'utf8')).trim().split('\n')
  record = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ id }) => id === ids[0]) ?? {}
})
afterAll(() => rm(folder, { recursive: true }))

const disclose = (id: string, ...more: readonly string[]) =>
  command(['audit', 'disclose', join(folder, 'state', 'audit'), id, ...more, '--vkey', vkey])

/** Both verifiers, as their users run them, with nothing but a file and the key of the log. */
async function check(disclosure: string) {
  const file = join(folder, 'disclosure.json')
  await writeFile(file, disclosure)
  const own = await command(['audit', 'check', file, '--vkey', vkey])
  const second = spawnSync('python3', ['-B', python, file, vkey], { encoding: 'utf8' })
  return { codes: [own.code, second.status], said: `${own.out}${own.said}${second.stderr}` }
}

test('what rules commit to is not in the line; what a record proves is', () => {
  expect(record).not.toHaveProperty('subject.id')
  expect(record).not.toHaveProperty('questions.0.resource')
  expect(Object.keys(record['commit'] ?? {}).sort()).toEqual(['/questions/0/resource', '/request/path', '/subject/id'])
  expect(record).toHaveProperty('policy.digest')
})

test('one value is shown, from what is kept for replay, and both verifiers take it', async () => {
  const { code, out, said } = await disclose(String(record['id']), '/subject/id')
  expect(said).toBe('')
  expect(code).toBe(0)
  const shown = JSON.parse(out) as Record<string, unknown>
  expect(shown).toMatchObject({ field: '/subject/id', value: expect.stringContaining('spiffe://') })
  const checked = await check(out)
  expect(checked).toMatchObject({ codes: [0, 0], said: expect.stringContaining(String(shown['value'])) })
})

test('or as it is given; another value is not', async () => {
  const kept = JSON.parse((await disclose(String(record['id']), '/questions/0/resource')).out) as { value: unknown }
  const given = await disclose(String(record['id']), '/questions/0/resource', '--value', JSON.stringify(kept.value))
  expect(await check(given.out)).toMatchObject({ codes: [0, 0] })
  const wrong = await disclose(String(record['id']), '/questions/0/resource', '--value', '{"type":"order","id":"x"}')
  expect(wrong).toMatchObject({ code: 1, out: '', said: expect.stringContaining('another value') })
  expect(await disclose(String(record['id']), '/subject/id', '--value', 'alice')).toMatchObject({ code: 64 })
  expect(await disclose(String(record['id']), '/subject')).toMatchObject({ code: 1 })
})

test('what was altered on the way is found by both', async () => {
  const sound = JSON.parse((await disclose(String(record['id']), '/subject/id')).out) as Record<string, string>
  const elsewhere = JSON.parse((await disclose(other, '/subject/id')).out) as Record<string, string>
  const alter: readonly Record<string, unknown>[] = [
    { value: 'mallory' },
    { nonce: elsewhere['nonce'] },
    { nonce: 'AA' },
    { field: '/questions/0/resource' },
    { record: elsewhere['record'] },
    { proof: elsewhere['proof'] },
    { record: sound['record']?.replace('allow', 'allOw') },
    { proof: sound['proof']?.replace('\n\n', '\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n') },
  ]
  expect(await check(JSON.stringify(sound))).toMatchObject({ codes: [0, 0] })
  for (const change of alter)
    expect(await check(JSON.stringify({ ...sound, ...change })), JSON.stringify(change)).toMatchObject({
      codes: [2, 2],
    })
})
