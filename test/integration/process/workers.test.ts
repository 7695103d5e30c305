import { readFile, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import {
  ask,
  createSite,
  load,
  run,
  send,
  serve,
  type Serving,
  type Site,
  stop,
  usual,
} from '../../contract/process/harness.ts'
import { eventually } from '../../support/eventually.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { checkout, clientKey, dpop, dpopProof, svid } from '../../support/world.ts'
import { command } from '../../unit/cli/harness.ts'

// A real process with three workers, over a real Redis.

const count = 3
let redis: RedisServer
let site: Site
let serving: Serving | undefined
beforeEach(async () => {
  redis = await startRedis()
  site = await createSite()
  await site.file('secret', 'a secret that workers of a test share, and nobody else')
  await configure()
})
afterEach(async () => {
  if (serving) await stop(serving)
  serving = undefined
  await redis.remove()
  await site.remove()
})

const configure = (more = {}) =>
  site.configure({
    workers: count,
    fleet: { redis: `redis://127.0.0.1:${redis.port}`, secret: 'file:secret' },
    limits: { proof_skew_s: 0 },
    ...more,
  })
const start = async (): Promise<Serving> => {
  serving = await serve(site)
  return serving
}

interface Status {
  readonly ready: boolean
  readonly workers: readonly { readonly pid?: number }[]
}
const statusOf = async ({ admin }: Serving) => JSON.parse((await send(admin, '/v1/status')).body) as Status
const isReady = async ({ health }: Serving) => (await send(health, '/readyz')).status === 200
const codeOf = async (at: Serving) => (JSON.parse((await ask(at.decisions, site.key)).body) as { code: string }).code

/** Lines of the logs of all workers. */
const linesOf = async (kind: string) => {
  const all = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      readFile(join(site.folder, 'state', `worker-${i + 1}`, 'audit', 'records.ndjson'), 'utf8').catch(() => ''),
    ),
  )
  return all.map(
    (text) =>
      text
        .split('\n')
        .filter((line) => line.includes(`"kind":"${kind}"`))
        .map((line) => JSON.parse(line) as { readonly id: string }), // lines of our own logs
  )
}

/** Asks with this proof on a connection of its own, so that workers take turns. */
const present = (at: Serving, headers: Readonly<Record<string, unknown>>): Promise<string> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      `${at.decisions}/authorize/orders`,
      {
        method: 'POST',
        agent: false,
        headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
        response.on('end', () => resolve((JSON.parse(text) as { code: string }).code))
      },
    )
    outgoing.on('error', reject)
    const url = 'https://orders.example.org/v1/orders/42'
    const question = { action: { name: 'read' }, resource: { type: 'order', id: '42' } }
    outgoing.end(JSON.stringify({ request: { method: 'GET', url, headers }, ...question }))
  })
const newProof = () => {
  const now = instant(Date.now())
  const token = svid({ now, claims: { cnf: { jkt: clientKey.thumbprint } } })
  return dpop(token, dpopProof(token, { now, claims: { htu: 'https://orders.example.org/v1/orders/42', htm: 'GET' } }))
}

test('asks are spread over workers, each with a log of its own; health, metrics and status tell of all', async () => {
  const at = await start()
  await eventually(async () => expect(await isReady(at)).toBe(true))
  const clients = load(at.decisions, site.key, 6, { keepAlive: false })
  await eventually(() => expect(clients.allowed.length).toBeGreaterThan(60))
  await clients.end()
  expect(clients.failed).toEqual([])
  const logs = await linesOf('decision')
  expect(Math.min(...logs.map((lines) => lines.length)), 'each worker decided').toBeGreaterThan(5)
  expect(
    logs
      .flat()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(clients.allowed.toSorted())
  const { body } = await send(at.health, '/metrics')
  const decided = [...body.matchAll(/^sallyport_decisions_total\{.*\} (\d+)$/gm)].map(([, n]) => Number(n))
  expect(decided.reduce((a, b) => a + b, 0)).toBe(clients.allowed.length)
  expect(body).toContain(`sallyport_workers ${count}`)
  expect(body).toMatch(/^sallyport_bundle_info\{.*\} 1$/m)
  const status = await statusOf(at)
  expect(status).toMatchObject({
    ready: true,
    workers: Array.from({ length: count }, () => ({ pid: expect.any(Number) })),
  })
  const verbose = JSON.parse((await send(at.health, '/readyz?verbose')).body) as { checks: { name: string }[] }
  expect(verbose.checks.map(({ name }) => name)).toContain(`worker ${count}: audit`)
  await eventually(async () => {
    const { status, body } = await send(at.admin, '/audit/worker-2/checkpoint')
    expect([status, body.split('\n')[0]]).toEqual([200, expect.stringContaining('/audit/')])
  })
  expect((await send(at.admin, '/audit/checkpoint')).status).toBe(404)
})

test('a proof raced over workers is allowed once', async () => {
  const at = await start()
  await eventually(async () => expect(await present(at, newProof())).toBe('ALLOWED'))
  let accepted = 0
  for (let round = 0; round < 15; round++) {
    const proof = newProof()
    const codes = await Promise.all(Array.from({ length: 9 }, () => present(at, proof)))
    const allowed = codes.filter((code) => code === 'ALLOWED').length
    expect(allowed, codes.join()).toBeLessThanOrEqual(1)
    accepted += allowed
    for (const code of codes) expect(['ALLOWED', 'REPLAYED', 'FIRST_USE_UNAVAILABLE']).toContain(code)
  }
  expect(accepted).toBeGreaterThan(0)
})

test('a revocation at the one administration socket reaches every worker', async () => {
  const at = await start()
  await eventually(async () => expect(await codeOf(at)).toBe('ALLOWED'))
  const give = (...args: readonly string[]) => command([...args, '--admin', at.admin, '--reason', 'stolen'])
  expect(await give('revoke', '--subject', checkout)).toMatchObject({ code: 0 })
  await eventually(async () => expect(await codeOf(at)).toBe('REVOKED'))
  const deadline = performance.now() + 1_000
  while (performance.now() < deadline) await codeOf(at)
  for (let i = 0; i < 4 * count; i++) expect(await codeOf(at)).toBe('REVOKED')
  expect(await give('unrevoke', '--subject', checkout)).toMatchObject({ code: 0 })
  await eventually(async () => {
    for (let i = 0; i < 4 * count; i++) expect(await codeOf(at)).toBe('ALLOWED')
  })
})

test('one worker is killed under load: it is started again, nothing acknowledged is lost, the others go on', async () => {
  const at = await start()
  await eventually(async () => expect(await isReady(at)).toBe(true))
  const [victim] = (await statusOf(at)).workers
  const loads = Array.from({ length: 8 }, () => load(at.decisions, site.key, 1))
  const allowed = () => loads.flatMap((one) => one.allowed)
  await eventually(() => expect(allowed().length).toBeGreaterThan(200))
  process.kill(victim?.pid ?? Number.NaN, 'SIGKILL')
  await at.says(/worker 1 ended \(SIGKILL\): started again in 0.5 s/)
  const { length } = allowed()
  await eventually(() => expect(allowed().length).toBeGreaterThan(length + 100))
  await at.says(/worker 1 serves again/)
  await eventually(async () => expect(await isReady(at)).toBe(true))
  for (const one of loads) await one.end()
  const cut = loads.flatMap((one) => one.failed)
  expect(cut.length, 'only connections of the killed one').toBeLessThanOrEqual(loads.length / 2)
  for (const code of cut) expect(['ECONNRESET', 'EPIPE', 'Error: socket hang up']).toContain(code)
  const logged = new Set((await linesOf('decision')).flat().map(({ id }) => id))
  expect(allowed().filter((id) => !logged.has(id))).toEqual([])
  expect((await send(at.health, '/metrics')).body).toContain('sallyport_worker_restarts_total 1')
  expect((await statusOf(at)).workers[0]?.pid).not.toBe(victim?.pid)
})

test('a reload reaches all of them or none; SIGTERM drains all of them', async () => {
  const at = await start()
  await eventually(async () => expect(await isReady(at)).toBe(true))
  await configure({ workers: 2 })
  at.child.kill('SIGHUP')
  await at.says(/configuration kept: needs a restart to change workers/)
  await configure({ limits: { proof_skew_s: 0, policy_ttl_max_s: 30 } })
  at.child.kill('SIGHUP')
  await at.says(/configuration in use: /)
  const applied = await linesOf('config')
  expect(applied.map((lines) => lines.length)).toEqual([2, 1, 1])
  const clients = load(at.decisions, site.key, 6, { shared: true })
  await eventually(() => expect(clients.allowed.length).toBeGreaterThan(60))
  at.child.kill('SIGTERM')
  expect(await at.ended()).toBe(0)
  await clients.end()
  expect(clients.failed).toEqual([])
  const logged = new Set((await linesOf('decision')).flat().map(({ id }) => id))
  expect(clients.allowed.filter((id) => !logged.has(id))).toEqual([])
  expect((await linesOf('stop')).map((lines) => lines.length)).toEqual([1, 1, 1])
})

test('doors on Unix sockets have their mode, are shared, and take the place of what a dead process left', async () => {
  const door = join(site.folder, 'doors', 'decisions.sock')
  await configure({ listen: { ...usual.listen, decisions: `unix:${door}`, socket_mode: '0660' } })
  const first = await start()
  expect((await stat(door)).mode & 0o777).toBe(0o660)
  await eventually(async () => expect(await codeOf(first)).toBe('ALLOWED'))
  first.child.kill('SIGKILL')
  await first.ended()
  const second = await start()
  await eventually(async () => expect(await codeOf(second)).toBe('ALLOWED'))
})

test('what keeps one worker from starting keeps all, and is said', async () => {
  await configure({ bundles: { orders: { file: 'absent.tar.gz', unsigned: true } } })
  const failed = run(['start'], site.folder)
  expect(await failed.ended()).toBe(3)
  expect(failed.said()).toContain('absent.tar.gz cannot be read (ENOENT)')
})
