import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../pdp/core/digest.ts'
import { ask, createSite, load, records, type Run, send, serve, type Site, stop, usual } from './harness.ts'

let site: Site
const running: Run[] = []
const started = async (...args: Parameters<typeof serve>) => {
  const process = await serve(...args)
  running.push(process)
  return process
}

beforeEach(async () => {
  site = await createSite()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(stop))
  await site.remove()
})

const until = async (check: () => boolean) => {
  for (let i = 0; i < 2_000 && !check(); i++) await delay(5)
}

const decisionIds = async () =>
  new Set((await records(site)).filter(({ kind }) => kind === 'decision').map(({ id }) => id))

test('deploy, SIGTERM under load: no request fails, the log is complete, the exit is clean', async () => {
  const pdp = await started(site)
  const clients = load(pdp.decisions, site.key, 8)
  await until(() => clients.allowed.length > 200)
  pdp.child.kill('SIGTERM')
  expect(await pdp.ended()).toBe(0)
  await clients.end()
  expect(clients.failed).toEqual([])
  expect(clients.allowed.length).toBeGreaterThan(200)
  const logged = await decisionIds()
  expect(clients.allowed.filter((id) => !logged.has(id))).toEqual([])
  expect(logged.size).toBe(clients.allowed.length)
  expect((await records(site)).at(-1)).toMatchObject({ kind: 'stop' })
})

test('with drain_ms it serves on while not ready: who stops at readiness loses no request, new connections or not', async () => {
  await site.configure({ limits: { drain_ms: 800 } })
  const pdp = await started(site)
  const clients = load(pdp.decisions, site.key, 8, { keepAlive: false })
  await until(() => clients.allowed.length > 100)
  pdp.child.kill('SIGTERM')
  await pdp.says(/stopping/)
  expect((await send(pdp.health, '/readyz')).status).toBe(503)
  const { length } = clients.allowed
  await until(() => clients.allowed.length > length + 20)
  await clients.end()
  expect(clients.failed).toEqual([])
  expect(await pdp.ended()).toBe(0)
})

test('a second signal does not wait for drain_ms', async () => {
  await site.configure({ limits: { drain_ms: 60_000 } })
  const pdp = await started(site)
  pdp.child.kill('SIGTERM')
  await pdp.says(/stopping/)
  pdp.child.kill('SIGTERM')
  expect(await pdp.ended()).toBe(0)
})

test('crash, kill -9 under load: every allow that was answered is in the log after a restart', async () => {
  const pdp = await started(site)
  const clients = load(pdp.decisions, site.key, 8)
  await until(() => clients.allowed.length > 200)
  pdp.child.kill('SIGKILL')
  expect(await pdp.ended()).toBe('SIGKILL')
  await clients.end()
  const again = await started(site) // the same socket of administration, the same log
  expect(JSON.parse((await ask(again.decisions, site.key)).body)).toMatchObject({ decision: 'allow' })
  const logged = await decisionIds()
  expect(clients.allowed.length).toBeGreaterThan(200)
  expect(clients.allowed.filter((id) => !logged.has(id))).toEqual([])
})

test('a second process on the same log is refused', async () => {
  await started(site)
  await expect(started(site)).rejects.toThrow(/another process writes to this audit log/)
})

test('readiness ends before the listener does, and requests under way are answered', async () => {
  await site.configure({ limits: { grace_s: 5 } })
  const pdp = await started(site)
  expect((await send(pdp.health, '/readyz')).status).toBe(200)
  const clients = load(pdp.decisions, site.key, 1) // keeps a connection, so that the drain takes a moment
  await until(() => clients.allowed.length > 10)
  const idle = await openIdle(pdp.decisions)
  pdp.child.kill('SIGTERM')
  await pdp.says(/stopping/)
  const draining = await send(pdp.health, '/readyz?verbose')
  expect(draining.status).toBe(503)
  expect(JSON.parse(draining.body)).toMatchObject({ ready: false })
  expect(draining.body).toContain('"name":"process","ok":false,"detail":"draining"')
  expect((await send(pdp.health, '/livez')).status).toBe(200)
  expect(await pdp.ended()).toBe(0)
  idle.destroy()
  await clients.end()
  expect(clients.failed).toEqual([])
})

test('a request that never ends is cut at the end of the grace, and the exit says so', async () => {
  await site.configure({ limits: { grace_s: 1, headers_timeout_ms: 60_000, request_timeout_ms: 60_000 } })
  const pdp = await started(site)
  const socket = await openIdle(pdp.decisions)
  socket.write('POST /authorize HTTP/1.1\r\nhost: x\r\n')
  await delay(50)
  const before = performance.now()
  pdp.child.kill('SIGTERM')
  expect(await pdp.ended()).toBe(1)
  expect(performance.now() - before).toBeLessThan(4_000)
  expect((await records(site)).at(-1)).toMatchObject({ kind: 'stop' })
})

test('a second signal is faster', async () => {
  await site.configure({ limits: { grace_s: 60, headers_timeout_ms: 60_000, request_timeout_ms: 60_000 } })
  const pdp = await started(site)
  const socket = await openIdle(pdp.decisions)
  socket.write('POST /authorize HTTP/1.1\r\nhost: x\r\n')
  await delay(50)
  pdp.child.kill('SIGTERM')
  await pdp.says(/stopping/)
  pdp.child.kill('SIGINT')
  await pdp.says(/hurrying/)
  expect(await pdp.ended()).toBe(1)
})

describe('SIGHUP', () => {
  test('under load: a new configuration replaces the old one whole, and no request fails', async () => {
    const pdp = await started(site)
    const clients = load(pdp.decisions, site.key, 4)
    await until(() => clients.allowed.length > 100)
    for (let i = 0; i < 5; i++) {
      await site.configure({ services: { orders: { ...usual.services.orders, reuse_max_s: i + 1 } } })
      const said = pdp.said().length
      pdp.child.kill('SIGHUP')
      await until(() => pdp.said().length > said)
      const count = clients.allowed.length
      await until(() => clients.allowed.length > count + 20)
    }
    await clients.end()
    expect(clients.failed).toEqual([])
    const { body } = await ask(pdp.decisions, site.key)
    expect(JSON.parse(body)).toMatchObject({ decision: 'allow', reuse_max_age_s: 5 })
    const changes = (await records(site)).filter(({ kind }) => kind === 'config')
    expect(changes).toHaveLength(5)
    expect(new Set(changes.map(({ facts }) => (facts as { digest: string }).digest)).size).toBe(5)
    expect(changes).toEqual(
      changes.map(() => expect.objectContaining({ facts: expect.objectContaining({ outcome: 'applied' }) })),
    )
  })

  const bad: readonly (readonly [string, (site: Site) => Promise<unknown>, RegExp])[] = [
    ['text that is no YAML', (s) => s.file('sallyport.yaml', 'services: {'), /not readable as YAML/],
    ['an unknown key', (s) => s.configure({ workrs: 1 }), /did you mean `workers`/],
    [
      'something unsafe',
      (s) => s.configure({ peps: { gateway: { none: true, vouch: { peer_certificate: true } } } }),
      /must not vouch/,
    ],
    [
      'another number of workers',
      (s) => s.configure({ workers: 2, fleet: { redis: 'rediss://r', secret: 'file:s' } }),
      /needs a restart to change fleet, workers/,
    ],
    ['records in memory', (s) => s.configure({ audit: { mode: 'memory' } }), /`--demo` alone/],
    [
      'another listener',
      (s) => s.configure({ listen: { ...usual.listen, decisions: '127.0.0.1:1' } }),
      /needs a restart to change listen/,
    ],
    [
      'a bundle that is not there',
      (s) => s.configure({ bundles: { orders: { file: 'absent.tar.gz', unsigned: true } } }),
      /absent.tar.gz cannot be read \(ENOENT\)/,
    ],
    ['a bundle that is broken', (s) => s.file('orders.tar.gz', 'no archive'), /bundle `orders`/],
    [
      'a file of keys that holds a key',
      (s) => s.file('gateway.key', s.key),
      /holds something that is not a digest; make it with: sallyport pep add gateway/,
    ],
    [
      'an authority without keys',
      (s) => s.configure({ trust: [...usual.trust, { spiffe: 'other.example', from: 'file:absent.json' }] }),
      /trust: other.example/,
    ],
  ]
  test.for(bad)('%s: the running configuration stays, and that is recorded', async ([, spoil, says]) => {
    const pdp = await started(site)
    pdp.child.kill('SIGHUP') // the twin: the same files, untouched
    await pdp.says(/configuration in use/)
    await spoil(site)
    pdp.child.kill('SIGHUP')
    await pdp.says(/configuration kept/)
    expect(pdp.said()).toMatch(says)
    expect(pdp.said()).not.toContain(site.key)
    expect(JSON.parse((await ask(pdp.decisions, site.key)).body)).toMatchObject({ decision: 'allow' })
    const log = await records(site)
    expect(
      log.filter(({ kind }) => kind === 'config').map(({ facts }) => (facts as { outcome: string }).outcome),
    ).toEqual(['applied', 'kept'])
    expect(await readFile(join(site.folder, 'state', 'audit', 'records.ndjson'), 'utf8')).not.toContain(site.key)
  })

  test('a key that is replaced: both serve, then the new one alone', async () => {
    const pdp = await started(site)
    const other = `${site.key}other`
    const statuses = async () => [(await ask(pdp.decisions, site.key)).status, (await ask(pdp.decisions, other)).status]
    expect(await statuses()).toEqual([200, 401])
    const reload = async (text: string) => {
      await site.file('gateway.key', text)
      const said = pdp.said().length
      pdp.child.kill('SIGHUP')
      await until(() => pdp.said().slice(said).includes('configuration in use'))
    }
    await reload(`sha256:${sha256(site.key)}\nsha256:${sha256(other)}\n`)
    expect(await statuses()).toEqual([200, 200])
    await reload(`sha256:${sha256(other)}\n`)
    expect(await statuses()).toEqual([401, 200])
  })
})

async function openIdle(where: string) {
  const socket = connect(Number(new URL(where).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}
