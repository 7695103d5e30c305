import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { registryKeysOf } from '../../../pdp/compose/registry.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { makeKey } from '../../../pdp/identity/registry/make-key.ts'
import type { WrittenKey } from '../../../pdp/identity/registry/read-entries.ts'
import { readOrMakeSecret } from '../../../pdp/keys/own-secret.ts'
import { readinessOf } from '../../../pdp/process/readiness.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { eventually } from '../../support/eventually.ts'
import { createAsk } from '../../support/world.ts'

// A registry in a file, and a decision point that reads it while it runs.

let folder = ''
let pdp: Pdp | undefined
const surroundings = systemSurroundings()
const { randomBytes } = surroundings

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-registry-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
})
afterEach(async () => {
  await pdp?.close()
  pdp = undefined
  await rm(folder, { recursive: true })
})

function config() {
  const parsed = parseConfig({
    services: { orders: { audiences: ['https://orders.example.org'], peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    registry: {
      issuer: 'https://clients.example.org',
      from: `file:${join(folder, 'clients.yaml')}`,
      methods: { 'api-key': { environment: 'prod' } },
    },
    bundles: { orders: { file: join(folder, 'orders.tar.gz'), unsigned: true } },
    state: join(folder, 'state'),
    audit: { directory: join(folder, 'audit') },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.value
}

const write = (keys: readonly WrittenKey[], more = {}) =>
  writeFile(join(folder, 'clients.yaml'), stringify({ clients: { billing: { services: ['orders'], keys, ...more } } }))

const newKey = (secret = readOrMakeSecret(join(folder, 'state', 'keys', 'own.secret'), randomBytes)) =>
  makeKey(
    {
      method: 'api-key',
      client: 'billing',
      createdAt: instant(Date.now() - 1_000),
      expiresAt: instant(Date.now() + 3_600_000),
      beginning: { prefix: 'sp', environment: 'prod' },
    },
    { ...registryKeysOf([secret]), randomBytes },
  )

async function verdict(text: string | undefined): Promise<string> {
  const service = pdp?.services.get('orders')
  const answer = await pdp?.decide(createAsk({ ...(service && { service }), headers: { 'x-api-key': text ?? '' } }))
  return answer?.caller ? 'known' : `${answer?.code} ${answer?.clause}`
}

const records = async () =>
  (
    await Promise.all(
      readdirSync(join(folder, 'audit'))
        .filter((name) => name.endsWith('.ndjson'))
        .map((name) => readFile(join(folder, 'audit', name), 'utf8')),
    )
  )
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { kind: string; facts: object })

test('a change is in force within a second or two, and in the log; a broken file changes nothing', async () => {
  const key = await newKey()
  await write([key.written])
  pdp = await createPdp(config(), surroundings)
  expect(await verdict(key.given)).toBe('known')

  await write([{ ...key.written, status: 'revoked' }])
  await eventually(async () => expect(await verdict(key.given)).toBe('REVOKED client-key-active'))

  await writeFile(join(folder, 'clients.yaml'), 'clients: { billing: { services: [] } }\n')
  await eventually(() =>
    expect(pdp?.status().trust.find(({ name }) => name === 'registry')?.lastError).toContain('services'),
  )
  expect(await verdict(key.given)).toBe('REVOKED client-key-active')

  const second = await newKey()
  await write([{ ...key.written, status: 'revoked' }, second.written], { status: 'active', scopes: ['orders:read'] })
  await eventually(async () => expect(await verdict(second.given)).toBe('known'))
  await eventually(async () => {
    const told = (await records()).filter(({ kind }) => kind === 'key' || kind === 'admin').map(({ facts }) => facts)
    expect(told).toEqual(
      expect.arrayContaining([
        { act: 'revoked', purpose: 'api-key', id: key.written.id, client: 'billing' },
        { act: 'client-changed', target: 'billing' },
        { act: 'registered', purpose: 'api-key', id: second.written.id, client: 'billing' },
      ]),
    )
  })
  const secret = second.given?.split('_')[3] ?? ''
  expect(secret).not.toBe('')
  for (const name of readdirSync(join(folder, 'audit')).filter((each) => each.endsWith('.ndjson'))) {
    expect(await readFile(join(folder, 'audit', name), 'utf8')).not.toContain(secret)
  }
})

test('without a registry that can be read there is no start', async () => {
  await expect(createPdp(config(), surroundings)).rejects.toThrow(/registry: file cannot be read: ENOENT/)
})

test('a registry in which nobody is yet is ready', async () => {
  await writeFile(join(folder, 'clients.yaml'), 'clients: {}\n')
  pdp = await createPdp(config(), surroundings)
  const { checks } = readinessOf(pdp.status(), { draining: false, demo: false })
  expect(checks.find(({ name }) => name === 'trust registry')).toMatchObject({ ok: true })
})
