import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { examineAll } from '../../../pdp/cli/doctor/examine-command.ts'
import { examinations } from '../../../pdp/cli/doctor/examine/examinations.ts'
import type { Examination, Finding, Verdict } from '../../../pdp/cli/doctor/examine/finding.ts'
import { aheadOf, judgeClock } from '../../../pdp/cli/doctor/examine/clock.ts'
import { judgeOpenFiles } from '../../../pdp/cli/doctor/examine/limits.ts'
import { loadConfig } from '../../../pdp/config/load-config.ts'
import { instant } from '../../../pdp/core/time.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { createAuthority, pemOf } from '../../support/certificates.ts'
import { type IssuerServer, silent, startIssuer } from '../../support/issuer-server.ts'
import { createTestKey } from '../../support/keys.ts'
import { bundleOf } from '../../support/pki.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { listenSteadily } from '../../support/steady-port.ts'
import { command } from '../../unit/cli/harness.ts'
import { createSite, type Site, usual } from '../process/harness.ts'

// One configuration in which all is well, and one thing wrong at a time: it is found, under its name, and nothing else is.

const day = 86_400_000
let site: Site
let issuer: IssuerServer
beforeAll(async () => {
  ;[site, issuer] = await Promise.all([createSite(), startIssuer()])
  issuer.publish([createTestKey('k1').jwk])
  await healthyFiles()
})
afterAll(async () => {
  await Promise.all([site.remove(), issuer.down()])
})

const authority = createAuthority('root of this test', { notBefore: Date.now() - day, notAfter: Date.now() + 9 * day })
const ending = createAuthority('a root that ends', { notBefore: Date.now() - 9 * day, notAfter: Date.now() + day })
const ended = createAuthority('a root that ended', { notBefore: Date.now() - 9 * day, notAfter: Date.now() - day })
const shown = createServerCertificate(['localhost'])
const other = createServerCertificate(['localhost'])

async function healthyFiles(): Promise<void> {
  await site.file('tls.pem', shown.cert)
  await site.file('tls.key', shown.key)
  await site.file('authority.pem', pemOf(authority))
  await site.file('spiffe.json', bundleOf(authority))
  await site.file('kept.key', 'a secret of this test')
  for (const name of ['tls.key', 'kept.key']) await chmod(join(site.folder, name), 0o600)
}

const introspectionAt = (origin: string) => ({
  endpoint: `${origin}/introspect`,
  client_id: 'sallyport',
  client_secret: 'file:kept.key',
})

const sections = (): Readonly<Record<string, unknown>> => ({
  ...usual,
  trust: [
    { issuer: issuer.origin, allow_private: true, introspection: introspectionAt(issuer.origin) },
    { spiffe: 'partner.example', from: 'file:spiffe.json' },
    { ca: 'file:authority.pem', name: 'partners', clients: [{ id: 'billing', san_dns: 'billing.example.org' }] },
  ],
  tls: { cert: 'file:tls.pem', key: 'file:tls.key' },
})

interface Given {
  readonly sections?: Readonly<Record<string, unknown>>
  readonly now?: number
  readonly timeoutMs?: number
  readonly looks?: readonly Examination[]
}

async function examine(given: Given = {}): Promise<readonly Finding[]> {
  const file = await site.file('sallyport.yaml', stringify({ ...sections(), ...given.sections }))
  const loaded = await loadConfig({ file, environment: {}, flags: [] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const clock = () => instant(given.now ?? Date.now())
  const examined = { config: loaded.config, file, environment: {}, clock, random: Math.random }
  return examineAll(given.looks ?? examinations, examined, given.timeoutMs ?? 10_000)
}

const oddOf = (found: readonly Finding[]): readonly string[] =>
  found
    .filter(({ verdict, id }) => verdict !== 'ok' && !(id === 'bundles' && verdict === 'warn'))
    .map(({ id, verdict }) => `${verdict} ${id}`)

test('where all is well nothing is odd but that a bundle has no signer', async () => {
  const found = await examine()
  expect(oddOf(found)).toEqual([])
  expect(found.filter(({ verdict }) => verdict === 'warn')).toMatchObject([{ id: 'bundles', about: 'orders' }])
  const ids = new Set(found.map(({ id }) => id.replace(/-.*/, '')))
  expect([...ids, 'redis'].sort()).toEqual(examinations.map(({ id }) => id).sort()) // there is no Redis here
  for (const { verdict, todo } of found) expect(todo === undefined).toBe(verdict === 'ok')
})

interface Fault {
  readonly id: string
  readonly verdict?: Verdict
  readonly says: RegExp
  /** Makes it so; answers what is configured otherwise. */
  readonly plant: () => Promise<Given | void>
  readonly undo?: () => Promise<unknown>
  /** What else follows from it. */
  readonly also?: readonly string[]
}

const pem = (name: string, text: string) => async (): Promise<void> => void (await site.file(name, text))

const faults: Readonly<Record<string, Fault>> = {
  'an issuer that is down': {
    id: 'trust',
    also: ['fail asked'],
    says: /ECONNREFUSED|connect/,
    plant: () => issuer.down(),
    undo: () => issuer.up(),
  },
  'an issuer without keys': {
    id: 'trust',
    says: /no keys|none/,
    plant: async () => issuer.publish([]),
    undo: async () => issuer.publish([createTestKey('k1').jwk]),
  },
  'an issuer at an address that may not be reached': {
    id: 'trust',
    says: /https|address|private/,
    plant: async () => ({ sections: { trust: [{ issuer: 'https://127.0.0.1:1' }] } }),
  },
  'an issuer that leaves a key out': {
    id: 'trust',
    verdict: 'warn',
    says: /left out/,
    plant: async () => issuer.publish([createTestKey('k1').jwk, { kty: 'XYZ', kid: 'k2' }]),
    undo: async () => issuer.publish([createTestKey('k1').jwk]),
  },
  'an introspection endpoint that is not there': {
    id: 'asked',
    says: /ECONNREFUSED|connect/,
    plant: async () => {
      const introspection = introspectionAt(`http://127.0.0.1:${await closedPort()}`)
      return { sections: { trust: [{ issuer: issuer.origin, allow_private: true, introspection }] } }
    },
  },
  'a bundle of authorities that cannot be read': { id: 'trust', says: /JSON|document/, plant: pem('spiffe.json', '{') },
  'authorities that all ended': { id: 'trust-anchors', says: /^ended /, plant: pem('spiffe.json', bundleOf(ended)) },
  'authorities that end soon': {
    id: 'trust-anchors',
    verdict: 'warn',
    says: /^until /,
    plant: pem('spiffe.json', bundleOf(ending)),
  },
  'a certificate of ours that ended': {
    id: 'certificates',
    says: /^ended /,
    plant: async () => ({ now: Date.now() + day / 12, looks: examinations.filter(({ id }) => id === 'certificates') }),
  },
  'a certificate and a key of another': {
    id: 'certificates',
    says: /cannot be used together/,
    plant: pem('tls.key', other.key),
  },
  'a file that holds no certificate': {
    id: 'certificates',
    says: /no certificate/,
    also: ['fail trust'],
    plant: pem('authority.pem', 'none'),
  },
  'an authority that ends soon': {
    id: 'certificates',
    verdict: 'warn',
    says: /^until /,
    also: ['warn trust-anchors'],
    plant: pem('authority.pem', pemOf(ending)),
  },
  'a bundle that is none': {
    id: 'bundles',
    says: /\(bundle-|\(/,
    plant: pem('orders.tar.gz', 'no archive'),
    undo: orders,
  },
  'a bundle that is not there': {
    id: 'bundles',
    says: /ENOENT/,
    also: ['fail files'],
    plant: () => rm(join(site.folder, 'orders.tar.gz')),
    undo: orders,
  },
  'too little room on the disk': {
    id: 'disk',
    says: /free; under/,
    plant: async () => ({ sections: { audit: { reserve_bytes: 2 ** 52 } } }),
  },
  'a folder that others can write': {
    id: 'disk',
    says: /others can write/,
    plant: async () => {
      await mkdir(join(site.folder, 'open'))
      await chmod(join(site.folder, 'open'), 0o777)
      return { sections: { audit: { directory: 'open' } } }
    },
  },
  'an address that another program has': {
    id: 'ports',
    says: /something else listens/,
    plant: async () => {
      const server = createServer((socket) => socket.destroy())
      const port = await listenSteadily(server)
      servers.push(server)
      return { sections: { listen: { decisions: `127.0.0.1:${port}`, health: 'unix:health.sock' } } }
    },
    undo: async () => servers.pop()?.close(),
  },
  'an address that is not of this machine': {
    id: 'ports',
    says: /EADDRNOTAVAIL/,
    plant: async () => ({ sections: { listen: { decisions: '192.0.2.1:7070', health: '127.0.0.1:0' } } }),
  },
  'a socket where a file is': {
    id: 'ports',
    says: /no socket/,
    plant: async () => ({ sections: { listen: { decisions: 'unix:kept.key', health: '127.0.0.1:0' } } }),
  },
  'a key that anybody can read': {
    id: 'files',
    says: /read this secret/,
    plant: () => chmod(join(site.folder, 'tls.key'), 0o644),
  },
  'a bundle that anybody can change': {
    id: 'files',
    says: /can change it/,
    plant: () => chmod(join(site.folder, 'orders.tar.gz'), 0o666),
    undo: () => chmod(join(site.folder, 'orders.tar.gz'), 0o644),
  },
  'a state that others can look into': {
    id: 'files',
    verdict: 'warn',
    says: /keys are in there/,
    plant: async () => {
      await mkdir(join(site.folder, 'seen'))
      await chmod(join(site.folder, 'seen'), 0o755)
      return { sections: { state: 'seen' } }
    },
  },
  'a variable that is not set': {
    id: 'files',
    says: /NOT_THERE is empty/,
    also: ['fail redis'],
    plant: async () => ({ sections: { fleet: { redis: 'redis://127.0.0.1:1', tls: 'off', secret: 'env:NOT_THERE' } } }),
  },
  'more connections than files': {
    id: 'limits',
    verdict: 'warn',
    says: /65856 may be needed/,
    plant: async () => ({ sections: { limits: { connections: 65_536 } } }),
  },
  'an issuer that does not answer': {
    id: 'trust',
    says: /no answer in time|no keys|not done|timeout/,
    plant: async () => {
      issuer.answer('/.well-known/openid-configuration', silent)
      return { timeoutMs: 300, looks: examinations.filter(({ id }) => id === 'trust') }
    },
    undo: async () => issuer.describe({ issuer: issuer.origin, jwks_uri: issuer.keysUrl }),
  },
}

/** A port on which nobody listens; somebody might by now, and then would not speak HTTP. */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await listenSteadily(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

const servers: ReturnType<typeof createServer>[] = []

async function orders(): Promise<void> {
  await writeFile(join(site.folder, 'orders.tar.gz'), await exampleBundle('orders'))
}

describe('finds', () => {
  test.each(Object.entries(faults))('%s', async (_, { id, verdict = 'fail', says, plant, undo, also = [] }) => {
    try {
      // to load a bundle takes as long as all the rest
      const looks = examinations.filter((look) => look.id !== 'bundles' || id === 'bundles')
      const found = await examine({ looks, ...(await plant()) })
      const [odd] = found.filter((one) => one.id === id && one.verdict === verdict && says.test(one.detail))
      expect(odd, JSON.stringify(found.filter((one) => one.verdict !== 'ok'))).toBeDefined()
      const wrong = new Set(oddOf(found))
      expect([...wrong].filter((one) => !also.includes(one))).toEqual([`${verdict} ${id}`])
    } finally {
      await undo?.()
      await healthyFiles()
    }
  })
})

test.each([
  [0, 'ok'],
  [1_900, 'ok'],
  [-5_000, 'warn'],
  [5_000, 'warn'],
  [31_000, 'fail'],
  [-31_000, 'fail'],
] as const)('a clock %i ms ahead of ours is %s', (aheadMs, verdict) => {
  expect(judgeClock('another', aheadMs, 30_000, 2_000).verdict).toBe(verdict)
})

test.each([
  [5, 0],
  [7, 0],
  [8, 0],
  [3, -2],
  [10, 2],
] as const)('what was read as %i between 5 and 8 is %i ahead', (other, ahead) => {
  expect(aheadOf(other, 5, 8)).toBe(ahead)
})

test.each([
  [4_416, 'ok'],
  [4_415, 'warn'],
  [Number.POSITIVE_INFINITY, 'ok'],
] as const)('%i open files for 4096 connections are %s', (allowed, verdict) => {
  expect(judgeOpenFiles(allowed, 4_096).verdict).toBe(verdict)
})

test('a clock that is apart from that of an issuer', async () => {
  const looks = examinations.filter(({ id }) => id === 'clock')
  expect(await examine({ looks })).toMatchObject([{ id: 'clock', verdict: 'ok' }])
  expect(await examine({ looks, now: Date.now() - 60_000 })).toMatchObject([{ id: 'clock', verdict: 'fail' }])
})

test('what throws, or does not end, is a finding', async () => {
  const looks: readonly Examination[] = [
    { id: 'one', examine: () => Promise.reject(new Error('fell over')) },
    { id: 'two', examine: () => new Promise(() => undefined) },
  ]
  expect(await examine({ looks, timeoutMs: 20 })).toMatchObject([
    { id: 'one', verdict: 'fail', detail: 'fell over' },
    { id: 'two', verdict: 'fail', detail: 'not done within 0.02 s' },
  ])
})

describe('the command', () => {
  test('prints what is wrong first, counts, and ends with 0, or 1 where something fails', async () => {
    const args = ['doctor', '--config', join(site.folder, 'sallyport.yaml')]
    await site.file('sallyport.yaml', stringify(sections()))
    const well = await command(args)
    expect(well.code, well.out).toBe(0)
    expect(well.said).toMatch(/^0 failed, 1 to look at, \d+ ok\n$/)
    await chmod(join(site.folder, 'tls.key'), 0o644)
    const { code, out, said } = await command(args)
    expect(code).toBe(1)
    expect(out).toMatch(/^fail files .*read this secret\n {20}chmod o-rwx .*\nwarn bundles /)
    expect(said).toMatch(/^1 failed/)
    const rows = (await command([...args, '--json'])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Finding)
    expect(rows[0]).toMatchObject({ id: 'files', verdict: 'fail' })
    await healthyFiles()
  })

  test('says what is wrong with a configuration, and ends with 3', async () => {
    await site.file('sallyport.yaml', 'services: 3')
    expect((await command(['doctor', '--config', join(site.folder, 'sallyport.yaml')])).code).toBe(3)
  })
})
