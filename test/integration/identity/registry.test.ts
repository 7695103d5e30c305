import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedis, type Redis } from '../../../pdp/net/redis.ts'
import { createSealer } from '../../../pdp/net/sealer.ts'
import { createSharedDocument } from '../../../pdp/trust/shared-document.ts'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { eventually } from '../../support/eventually.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { createAsk } from '../../support/world.ts'
import { createSite, type Site } from '../../contract/process/harness.ts'
import { command } from '../../unit/cli/harness.ts'

// Clients in a real Redis: the commands write there, two instances read, and what nobody of the fleet wrote counts for nothing.

let server: RedisServer
let site: Site
const running: Pdp[] = []

beforeAll(async () => {
  server = await startRedis()
  site = await createSite()
  await site.file('fleet.secret', `${randomBytes(32).toString('base64')}\n`)
  await site.configure({
    peps: { gateway: { none: true } },
    registry: {
      issuer: 'https://clients.example.org',
      from: 'fleet',
      methods: { 'api-key': { environment: 'prod' } },
    },
    fleet: { redis: `redis://127.0.0.1:${server.port}`, secret: 'file:fleet.secret' },
  })
})
afterAll(async () => {
  for (const pdp of running) await pdp.close()
  await server.remove()
  await site.remove()
})

const file = () => join(site.folder, 'sallyport.yaml')
const run = (...args: string[]) => command([...args, '--config', file()])

async function start(name: string): Promise<Pdp> {
  const loaded = await loadConfig({ file: file(), environment: {}, flags: [`state=${join(site.folder, name)}`] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const pdp = await createPdp(loaded.config, systemSurroundings())
  running.push(pdp)
  return pdp
}

async function verdict(pdp: Pdp, key: string): Promise<string> {
  const service = pdp.services.get('orders')
  const answer = await pdp.decide(createAsk({ ...(service && { service }), headers: { 'x-api-key': key } }))
  return answer.caller ? 'known' : `${answer.code} ${answer.clause}`
}

const key = 'sallyport:clients'

test('a key made by the command serves on every instance, and is refused on every one once it is revoked', async () => {
  const [one, two] = [await start('one'), await start('two')]
  expect(await run('clients', 'add', 'billing', '--service', 'orders')).toMatchObject({ code: 0 })
  const made = (await run('keys', 'create', 'billing')).out.trim()
  for (const pdp of [one, two]) await eventually(async () => expect(await verdict(pdp, made)).toBe('known'))
  expect(await server.cli('get', key)).not.toContain(made.split('_')[3])

  const kept = await server.cli('get', key)
  expect(await run('keys', 'revoke', made.split('_')[2] ?? '')).toMatchObject({ code: 0 })
  for (const pdp of [one, two])
    await eventually(async () => expect(await verdict(pdp, made)).toBe('REVOKED client-key-active'))

  // whoever can write there puts the old one back, or another, or removes it: nobody is let in again
  for (const value of [kept, 'clients: {}', undefined]) {
    await (value === undefined ? server.cli('del', key) : server.cli('set', key, value))
    await eventually(() =>
      expect(one.status().trust.find(({ name }) => name === 'registry')?.lastError).toMatch(/Redis/),
    )
    expect(await verdict(one, made)).toBe('REVOKED client-key-active')
  }
})

test('of two that change it at once one is told to try again', async () => {
  const connect = (): Redis =>
    createRedis(
      { kind: 'standalone', nodes: [{ host: '127.0.0.1', port: server.port }], database: 0, timeoutMs: 2_000 },
      { random: () => 0.5 },
    )
  const sealer = createSealer([Buffer.alloc(32)])
  const both = [connect(), connect()]
  for (const redis of both) await redis.settled(2_000)
  const [a, b] = both.map((redis) => createSharedDocument({ redis, key: 'another', sealer }))
  const [before, same] = [await a?.read(), await b?.read()]
  if (!before?.ok || !same?.ok) throw new Error('not read')
  expect(await a?.write('first', before.value)).toBe('written')
  expect(await b?.write('second', same.value)).toBe('changed')
  expect(await b?.read()).toMatchObject({ ok: true, value: { sequence: 1, text: 'first' } })
  for (const redis of both) redis.close()
})

test('while Redis is away those known go on, and a new instance knows nobody', async () => {
  await server.cli('del', key)
  const [one] = running
  if (!one) throw new Error('no instance')
  await server.kill()
  const late = await start('late')
  expect(await verdict(late, 'sp_prod_')).toMatch(/CREDENTIAL_MALFORMED|TRUST_UNAVAILABLE/)
  expect(late.status().trust.find(({ name }) => name === 'registry')?.lastError).toMatch(/Redis/)
})
