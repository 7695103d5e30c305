import { readdir, readFile, rename, mkdtemp, rm, writeFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import { createSealer } from '../../../pdp/net/sealer.ts'
import type { TrustSource } from '../../../pdp/seams.ts'
import { createBundleEndpoint } from '../../../pdp/trust/bundle-endpoint.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { createDocumentFolder } from '../../../pdp/trust/document-folder.ts'
import { holdBundleClauses } from '../../../pdp/trust/hold-bundle.ts'
import { type DocumentStore, keepLastGood, type RestorableSource } from '../../../pdp/trust/keep-last-good.ts'
import { createRemoteJwks } from '../../../pdp/trust/remote-jwks.ts'
import { selectKeysClauses } from '../../../pdp/trust/select-keys.ts'
import type { ObservedTrustSource } from '../../../pdp/trust/status.ts'
import { createWorkloadBundles } from '../../../pdp/trust/workload-api/bundles.ts'
import { createAuthority } from '../../support/certificates.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { json, startIssuer } from '../../support/issuer-server.ts'
import { createTestKey, type TestKey } from '../../support/keys.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'
import { refusesOnly } from '../../support/twin.ts'
import { startAgent } from '../../support/workload-api.ts'

// A restart: the source is closed, and another one opened over the same folder. Twin of each defect: the same restart without it.

const domain = 'prod.example'
const a = createTestKey('a', { use: 'jwt-svid' })
const b = createTestKey('b', { use: 'jwt-svid' })
const root = createAuthority(domain)
const maxStale = seconds(3_600)
const keys = [Buffer.alloc(32, 1)] as const

type Source = RestorableSource & ObservedTrustSource & TrustSource

/** What keys come from, and the hands that move it. */
interface Origin {
  open(): Source
  publish(key: TestKey, sequence?: number): void
  /** Nobody answers any more, or somebody again. */
  down(): Promise<void> | void
  up(): Promise<void> | void
}

let folder = ''
let time: ManualTime
let said: string[]
const ends: (() => unknown)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-last-good-'))
  time = createManualTime()
  said = []
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  await rm(folder, { recursive: true })
})

const surroundings = () => ({ clock: time.clock, schedule: time.schedule, random: () => 0.5 })

async function issuer(): Promise<Origin> {
  const server = await startIssuer()
  ends.push(() => server.down())
  const fetch = createFetch({ privateOrigins: [server.origin] })
  return {
    open: () => createRemoteJwks({ issuer: server.origin, fetch, ...surroundings(), maxStale }),
    publish: (key) => server.publish([{ ...key.jwk, use: 'sig' }]),
    down: server.down,
    up: server.up,
  }
}

async function endpoint() {
  const server = await startIssuer()
  ends.push(() => server.down())
  const fetch = createFetch({ privateOrigins: [server.origin] })
  const url = `${server.origin}/bundle`
  const profile = { kind: 'https_web' } as const
  return {
    open: () =>
      createBundleEndpoint({ trustDomain: domain, url, profile, makeFetch: () => fetch, ...surroundings(), maxStale }),
    publish: (key: TestKey, sequence = 1) =>
      server.answer('/bundle', json({ spiffe_sequence: sequence, keys: [key.jwk, authority] })),
    down: server.down,
    up: server.up,
  }
}
const authority = { kty: 'EC', use: 'x509-svid', x5c: [root.der.toString('base64')] }

async function agent(): Promise<Origin> {
  const socket = join(folder, 'agent.sock')
  const stateOf = (key: TestKey) => ({ x509: { [domain]: [root.der] }, jwt: { [domain]: [key.jwk] } })
  let state = stateOf(a)
  let running = await startAgent(socket, state)
  ends.push(() => running.close())
  return {
    open: () => createWorkloadBundles({ socket, ...surroundings() }).domain(domain, maxStale),
    publish(key) {
      state = stateOf(key)
      running.tell(state)
    },
    down: () => running.close(),
    async up() {
      running = await startAgent(socket, state)
    },
  }
}

const storeOf = (name = 'source', macKeys: readonly [Uint8Array, ...Uint8Array[]] = keys): DocumentStore => {
  const say = (line: string) => void said.push(line)
  return createDocumentFolder(name, { folder: join(folder, 'trust'), sealer: createSealer(macKeys), say })
}
const start = async (origin: Origin, store = storeOf()) => {
  const say = (line: string) => void said.push(line)
  const source = keepLastGood(origin.open(), { store, ...surroundings(), maxStale, say })
  ends.push(source.close)
  await source.start()
  return source
}
const ask = (source: Source, kid = 'a') => source.keys({ kid, algorithm: 'ES256' }, frameAt(time.clock()))
const files = async () => (await readdir(join(folder, 'trust'))).sort()

/** The run before the restart. */
const runBefore = async (origin: Origin, publish = () => origin.publish(a)) => {
  publish()
  const source = await start(origin)
  expect(await ask(source)).toMatchObject({ ok: true })
  source.close()
  return source
}

describe.each([
  { name: 'keys of an issuer', make: issuer },
  { name: 'the bundle of an endpoint', make: endpoint },
  { name: 'the bundles of an agent', make: agent },
])('$name', ({ make }) => {
  test('serve after a restart in which nobody answers, and their age counts from when they were known right', async () => {
    const origin = await make()
    await runBefore(origin)
    await origin.down()
    const asOf = time.clock()
    time.advance(1_800)
    const source = await start(origin)
    expect(source.status()).toMatchObject({ asOf, lastError: expect.any(String) })
    const at = (later: number) =>
      source.keys({ kid: 'a', algorithm: 'ES256' }, frameAt(instant(time.clock() + later * 1_000)))
    const tooOld = { code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.fresh } as const
    await refusesOnly(at, 1_800, 1_801, tooOld)
    expect(said).toEqual([])
  })

  test('give way to what the source says once it answers', async () => {
    const origin = await make()
    await runBefore(origin)
    await origin.down()
    const source = await start(origin)
    origin.publish(b, 2)
    await origin.up()
    await eventually(async () => {
      time.advance(5)
      expect(await ask(source, 'b')).toMatchObject({ ok: true })
    })
    expect(await ask(source)).toMatchObject({ clause: selectKeysClauses.kid })
  })

  test('are told to be too old where they are, and do not serve', async () => {
    const origin = await make()
    await runBefore(origin)
    await origin.down()
    time.advance(3_601)
    expect(await ask(await start(origin))).toMatchObject({ clause: checkFreshClauses.fresh })
    expect(said.join()).toContain('too old to serve')
  })

  test('do not serve where they are of a time to come', async () => {
    const origin = await make()
    await runBefore(origin)
    await origin.down()
    time.step(-60)
    expect(await ask(await start(origin))).toMatchObject({ clause: checkFreshClauses.fresh })
    expect(said.join()).toContain('a time to come')
  })

  test('are not taken where any bit of theirs is altered', async () => {
    await runBefore(await make())
    for (const name of await files()) {
      const path = join(folder, 'trust', name)
      const whole = await readFile(path)
      const kinds = async () => (await storeOf().load()).map(({ kind }) => `${kind}`)
      const kind = name.split('.').at(-1)
      expect(await kinds(), 'the twin').toContain(kind)
      for (let bit = 0; bit < whole.length * 8; bit += 61) {
        const altered = Buffer.from(whole)
        altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        await writeFile(path, altered)
        expect(await kinds(), `bit ${bit}`).not.toContain(kind)
      }
      await writeFile(path, whole)
    }
  })

  const each = async (act: (path: string) => Promise<unknown>) => {
    for (const name of await files()) await act(join(folder, 'trust', name))
  }
  const moveToOther = async () => {
    const own = await files()
    await storeOf('other').keep({ kind: 'jwks', text: '', asOf: time.clock() })
    const stem = (await files()).find((name) => !own.includes(name))?.split('.')[0] ?? ''
    for (const name of own) await rename(join(folder, 'trust', name), join(folder, 'trust', name.replace(/^\w+/, stem)))
  }
  test.for<[name: string, act: () => Promise<unknown>, store?: () => DocumentStore]>([
    ['they were cut', () => each(async (path) => writeFile(path, (await readFile(path)).subarray(0, -1)))],
    ['they are empty', () => each((path) => writeFile(path, ''))],
    ['they are of another secret', async () => undefined, () => storeOf('source', [Buffer.alloc(32, 2)])],
    ['they are of another source', moveToOther, () => storeOf('other')],
  ])('are ignored, with a line, where %s', async ([, act, store = storeOf]) => {
    const origin = await make()
    await runBefore(origin)
    await origin.down()
    const restart = async (given: DocumentStore) => {
      const source = await start(origin, given)
      const found = await ask(source)
      source.close()
      return found
    }
    expect(await restart(storeOf()), 'the twin').toMatchObject({ ok: true })
    await act()
    expect(await restart(store())).toMatchObject({ code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.loaded })
    expect(said.join()).toContain('is ignored')
  })

  test('lie in files of their owner alone, under a secret that may be the one before', async () => {
    const origin = await make()
    await runBefore(origin)
    await origin.down()
    for (const name of await files()) expect((await stat(join(folder, 'trust', name))).mode & 0o777).toBe(0o600)
    const rotated = storeOf('source', [Buffer.alloc(32, 9), ...keys])
    expect(await ask(await start(origin, rotated))).toMatchObject({ ok: true })
  })
})

test('a bundle of a lower sequence is refused after a restart too, also where the last one is too old to serve', async () => {
  const origin = await endpoint()
  await runBefore(origin, () => origin.publish(a, 7))
  const restart = async (sequence: number) => {
    origin.publish(b, sequence)
    const source = origin.open()
    ends.push(source.close)
    for (const document of await storeOf().load()) source.restore(document)
    return source.start()
  }
  const expected = { code: 'TRUST_UNAVAILABLE', clause: holdBundleClauses.rollback } as const
  await refusesOnly(restart, 7, 6, expected)
  time.advance(100_000)
  await refusesOnly(restart, 8, 6, expected)
})

test('a domain that the agent withdrew does not come back with a restart', async () => {
  const socket = join(folder, 'agent.sock')
  const running = await startAgent(socket, { x509: { [domain]: [root.der] }, jwt: { [domain]: [a.jwk] } })
  const origin = { open: () => createWorkloadBundles({ socket, ...surroundings() }).domain(domain, maxStale) }
  const source = await start({ ...origin, publish: () => {}, down: () => {}, up: () => {} })
  expect(await files()).toHaveLength(2)
  running.tell({ x509: {}, jwt: {} })
  await eventually(async () => {
    time.advance(1)
    expect(await files()).toEqual([])
  })
  source.close()
  running.close()
})

test('what cannot be kept is told once, and keys serve all the same', async () => {
  const origin = await issuer()
  origin.publish(a)
  await writeFile(join(folder, 'trust'), 'a file where the folder should be')
  const source = await start(origin)
  time.advance(3)
  expect(await ask(source)).toMatchObject({ ok: true })
  await eventually(() => expect(said.filter((line) => line.includes('not kept for the next start'))).toHaveLength(1))
})
