import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openGate } from '../../../pdp/cli/inspect/open-gate.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { readOrMakeSecret } from '../../../pdp/keys/own-secret.ts'
import { frameAt } from '../../support/clock.ts'
import { basic } from '../../support/clients.ts'
import { createAsk } from '../../support/world.ts'
import { command } from '../../unit/cli/harness.ts'
import { createSite, type Site } from '../process/harness.ts'

// The commands that keep the registry, and a gate that reads what they wrote.

let site: Site
let config: string
const run = (...args: string[]) => command([...args, '--config', config])

beforeAll(async () => {
  site = await createSite()
  await site.configure({
    services: { orders: { audiences: ['https://orders.example.org'], peps: ['gateway'] } },
    registry: {
      issuer: 'https://clients.example.org',
      from: 'file:./clients.yaml',
      methods: { 'api-key': { environment: 'prod' }, 'client-secret': { passwords: true }, 'hmac-token': {} },
    },
  })
  config = join(site.folder, 'sallyport.yaml')
})
afterAll(() => site.remove())

const now = () => instant(Date.now())
async function ask(headers: Readonly<Record<string, string>>) {
  const loaded = await loadConfig({ file: config, environment: {}, flags: [] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const secret = readOrMakeSecret(join(loaded.config.state, 'keys', 'own.secret'), () => {
    throw new Error('the commands made it')
  })
  const gate = await openGate(loaded.config, { clock: now, random: () => 0, secret, introspectors: new Map() })
  expect(gate.problems).toEqual([])
  const service = gate.services.get('orders')
  const answer = await gate.verify(createAsk({ headers, ...(service && { service }) }), frameAt(now()))
  gate.close()
  return answer.ok ? 'ALLOWED' : `${answer.code} ${answer.clause}`
}
const text = () => readFile(join(site.folder, 'clients.yaml'), 'utf8')

test('a client is registered, gets a key, rotates it, and loses it', async () => {
  expect(await run('clients', 'add', 'billing', '--service', 'orders', '--scope', 'orders:read')).toMatchObject({
    code: 0,
    out: '',
  })
  const created = await run('keys', 'create', 'billing')
  expect(created).toMatchObject({ code: 0 })
  const key = created.out.trim()
  expect(key).toMatch(/^sp_prod_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
  const [, , id = '', secret = ''] = key.split('_')
  expect(await text()).not.toContain(secret)
  expect(created.said).not.toContain(secret)
  expect(await ask({ 'x-api-key': key })).toBe('ALLOWED')

  const rotated = await run('keys', 'rotate', id, '--overlap', '1d')
  expect(rotated).toMatchObject({ code: 0 })
  for (const each of [key, rotated.out.trim()]) expect(await ask({ 'x-api-key': each })).toBe('ALLOWED')
  expect(await run('keys', 'create', 'billing'), 'a third key').toMatchObject({ code: 1 })

  expect(await run('keys', 'revoke', id)).toMatchObject({ code: 0 })
  expect(await ask({ 'x-api-key': key })).toBe('REVOKED client-key-active')
  expect(await ask({ 'x-api-key': rotated.out.trim() })).toBe('ALLOWED')

  expect(await run('clients', 'disable', 'billing')).toMatchObject({ code: 0 })
  expect(await ask({ 'x-api-key': rotated.out.trim() })).toBe('REVOKED client-active')
  expect(await run('clients', 'enable', 'billing')).toMatchObject({ code: 0 })
  expect(await ask({ 'x-api-key': rotated.out.trim() })).toBe('ALLOWED')

  const listed = await run('keys', 'list', 'billing')
  expect(listed.out.split('\n').filter((line) => line.startsWith('billing api-key '))).toHaveLength(2)
  expect((await run('clients', 'list')).out).toBe('billing active · orders · api-key\n')
  const asJson = await run('keys', 'list', '--json')
  expect(JSON.parse(asJson.out.split('\n')[0] ?? '')).toMatchObject({ client: 'billing', id, status: 'revoked' })
})

test('a client secret, made here or chosen', async () => {
  await run('clients', 'add', 'reports', '--service', 'orders')
  const made = await run('keys', 'create', 'reports', '--method', 'client-secret')
  expect(await ask({ authorization: `Basic ${basic('reports', made.out.trim())}` })).toBe('ALLOWED')
  await site.file('chosen', 'correct horse\n')
  const chosen = await run(
    'keys',
    'create',
    'reports',
    '--method',
    'client-secret',
    '--secret-from',
    join(site.folder, 'chosen'),
  )
  expect(chosen).toMatchObject({ code: 0, out: '' })
  expect(await ask({ authorization: `Basic ${basic('reports', 'correct horse')}` })).toBe('ALLOWED')
  expect(await text()).not.toContain('correct horse')
})

test('comments of the operator stay', async () => {
  await site.file('clients.yaml', `# kept by the platform team\n${await text()}`)
  await run('clients', 'add', 'commented', '--service', 'orders', '--range', '10.0.0.0/8', '--assurance-max', '2')
  expect(await text()).toMatch(/^# kept by the platform team\n/)
})

describe('refused, and nothing is written:', () => {
  test.each([
    ['a client that is there', ['clients', 'add', 'billing', '--service', 'orders'], 'registered already'],
    ['a client that is not', ['keys', 'create', 'nobody'], 'there is no client'],
    [
      'a range that is none',
      ['clients', 'add', 'x', '--service', 'orders', '--range', '10.0.0.1/8'],
      'must be a range',
    ],
    [
      'a level that is none',
      ['clients', 'add', 'x', '--service', 'orders', '--assurance-max', 'high'],
      'assurance_max',
    ],
    ['a kind that is none', ['keys', 'create', 'commented', '--method', 'password'], '--method must be one of'],
    ['a kind nobody takes', ['keys', 'create', 'commented', '--method', 'aws-sigv4'], 'registry.methods'],
    ['a length that is none', ['keys', 'create', 'commented', '--expires-in', 'soon'], '--expires-in'],
    ['a key that is not', ['keys', 'revoke', 'nothing'], 'there is no credential'],
  ])('%s', async (_, args, said) => {
    const before = await text()
    const outcome = await run(...args)
    expect(outcome).toMatchObject({ code: 1, out: '' })
    expect(outcome.said).toContain(said)
    expect(await text()).toBe(before)
  })

  test('while another command writes', async () => {
    await site.file('clients.yaml.new', '')
    expect((await run('clients', 'disable', 'billing')).said).toContain('another command')
  })

  test('without a registry', async () => {
    const other = await createSite()
    await other.configure({ services: { orders: { audiences: ['https://orders.example.org'], peps: ['gateway'] } } })
    const outcome = await command(['clients', 'list', '--config', join(other.folder, 'sallyport.yaml')])
    expect(outcome).toMatchObject({ code: 3 })
    await other.remove()
  })
})
