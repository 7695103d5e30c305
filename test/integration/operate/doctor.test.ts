import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examineAll } from '../../../pdp/cli/doctor/examine-command.ts'
import { examinations } from '../../../pdp/cli/doctor/examine/examinations.ts'
import type { Finding, Verdict } from '../../../pdp/cli/doctor/examine/finding.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { freePort } from '../../../bench/contenders/free-port.ts'
import { createSite, serve, type Serving, type Site, stop } from '../../contract/process/harness.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'

// What stands beside real servers: a Redis that is as it should be, and each way in which it is not; and a running process.

let site: Site
let redis: RedisServer
beforeAll(async () => {
  ;[site, redis] = await Promise.all([createSite(), startRedis()])
  await site.file('fleet.secret', 'a secret that a fleet of tests shares, and nobody else')
})
afterAll(() => Promise.all([site.remove(), redis.remove()]))

async function examine(
  ids: readonly string[],
  sections: Readonly<Record<string, unknown>>,
  aheadMs = 0,
): Promise<readonly Finding[]> {
  await site.configure(sections)
  const file = join(site.folder, 'sallyport.yaml')
  const loaded = await loadConfig({ file, environment: {}, flags: [] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const clock = () => instant(Date.now() - aheadMs)
  const looks = examinations.filter(({ id }) => ids.includes(id))
  return examineAll(looks, { config: loaded.config, file, environment: {}, clock, random: Math.random }, 10_000)
}

const fleet = (more: Readonly<Record<string, unknown>> = {}) => ({
  fleet: { redis: `redis://127.0.0.1:${redis.port}`, tls: 'off', secret: 'file:fleet.secret', ...more },
})

describe('Redis', () => {
  const oddOf = (found: readonly Finding[]) => found.filter(({ verdict }) => verdict !== 'ok')

  test('as it should be: reached, new enough, drops nothing, of the same time', async () => {
    const found = await examine(['redis'], fleet())
    expect(oddOf(found).filter(({ id }) => id !== 'redis-latency')).toEqual([]) // of a busy machine nothing is known
    expect(found.map(({ id }) => id)).toEqual(['redis', 'redis-latency', 'redis-eviction', 'redis-tls', 'clock'])
    expect(found[0]?.detail).toMatch(/^version \d+\.\d+\.\d+, master; forgets at a restart/)
  })

  const cli = (...args: string[]) => redis.cli(...args)
  const faults: readonly (readonly [
    what: string,
    id: string,
    verdict: Verdict,
    says: RegExp,
    plant: () => unknown,
    undo: () => unknown,
  ])[] = [
    [
      'that may drop marks',
      'redis-eviction',
      'fail',
      /allkeys-lru: marks of single use/,
      () => cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'),
      () => cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'),
    ],
    [
      'that is a replica',
      'redis',
      'fail',
      /slave/,
      () => cli('REPLICAOF', '127.0.0.1', '1'),
      () => cli('REPLICAOF', 'NO', 'ONE'),
    ],
    [
      'that asks for a password',
      'redis',
      'fail',
      /NOAUTH|password|authentic/i,
      () => cli('CONFIG', 'SET', 'requirepass', 'one-of-this-test'),
      () => cli('-a', 'one-of-this-test', 'CONFIG', 'SET', 'requirepass', ''),
    ],
    [
      'that lets this user run no script',
      'redis',
      'fail',
      /connected; a script is refused/,
      () => cli('ACL', 'SETUSER', 'default', '-@scripting'),
      () => cli('ACL', 'SETUSER', 'default', '+@all'),
    ],
    ['that is silent', 'redis', 'fail', /./, () => redis.signal('SIGSTOP'), () => redis.signal('SIGCONT')],
  ]
  test.each(faults)('one %s is found', async (_, id, verdict, says, plant, undo) => {
    await plant()
    try {
      const found = await examine(['redis'], fleet())
      const odd = oddOf(found).filter((one) => one.id !== 'redis-latency')
      expect(odd).toMatchObject([{ id, verdict }])
      expect(odd[0]?.detail).toMatch(says)
      expect(odd[0]?.detail).not.toContain('one-of-this-test')
    } finally {
      await undo()
    }
  })

  test('one that is not there, and one whose clock is apart', async () => {
    const gone = await examine(['redis'], fleet({ redis: `redis://127.0.0.1:${await freePort()}` }))
    expect(gone).toMatchObject([{ id: 'redis', verdict: 'fail' }])
    const found = await examine(['redis'], fleet(), 60_000)
    expect(oddOf(found).filter(({ id }) => id !== 'redis-latency')).toMatchObject([{ id: 'clock', verdict: 'fail' }])
  })
})

describe('beside a process that runs', () => {
  let serving: Serving
  const sections = { listen: { decisions: 'unix:decisions.sock', health: 'unix:health.sock' } }
  beforeAll(async () => {
    await site.configure(sections)
    serving = await serve(site)
  })
  afterAll(() => stop(serving))

  test('its addresses and its lock are its own, and nothing is changed', async () => {
    const state = join(site.folder, 'state')
    const before = await listing(state)
    const found = await examine(['ports', 'disk', 'trust', 'files', 'limits', 'bundles'], sections)
    expect(found.filter(({ verdict }) => verdict === 'fail')).toEqual([])
    expect(found.filter(({ id }) => id === 'ports').map(({ detail }) => detail)).toEqual(
      Array.from({ length: 3 }, () => 'a decision point answers'),
    )
    expect(found.find(({ id }) => id === 'disk-lock')?.detail).toBe('a process writes there')
    expect(await listing(state)).toEqual(before)
  })
})

/** Every file with its size, but of the log and its tree, which the process goes on writing. */
async function listing(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => !/^audit.(?:tile|checkpoint)/.test(name))
  return Promise.all(names.sort().map(async (name) => `${name} ${(await stat(join(folder, name))).ino}`))
}
