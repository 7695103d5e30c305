import { afterEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { createFetch, type FetchOptions } from '../../../pdp/net/fetch.ts'
import { fetchTextClauses } from '../../../pdp/trust/fetch-text.ts'
import {
  createRemoteJwks,
  type RemoteJwks,
  type RemoteJwksOptions,
  remoteJwksClauses,
} from '../../../pdp/trust/remote-jwks.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { selectKeysClauses } from '../../../pdp/trust/select-keys.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import {
  type Answer,
  discoveryPath,
  type IssuerServer,
  type IssuerServerOptions,
  json,
  keysPath,
  redirect,
  silent,
  sized,
  slowBody,
  startIssuer,
  status,
} from '../../support/issuer-server.ts'
import { createTestKey } from '../../support/keys.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'
import { refusesOnly } from '../../support/twin.ts'

const a = createTestKey('a').jwk
const b = createTestKey('b').jwk
const c = createTestKey('c').jwk

const closing: (() => unknown)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

async function start(options: IssuerServerOptions = {}): Promise<IssuerServer> {
  const server = await startIssuer(options)
  closing.push(() => server.down())
  return server
}

interface World {
  readonly server: IssuerServer
  readonly time: ManualTime
  /** What the deadlines of requests are on, so that none passes but by command. */
  readonly network: ManualTime
  readonly source: RemoteJwks
  /** Asks for a kid with a deadline of a second; the clock moves only when told, so it never passes by itself. */
  readonly ask: (kid: string) => ReturnType<RemoteJwks['keys']>
  readonly kids: (kid: string) => Promise<unknown>
}

/** A source of a server; `random` is in the middle, so delays are what they are on average. */
function sourceOf(server: IssuerServer, more: Partial<RemoteJwksOptions> = {}, fetch: FetchOptions = {}): World {
  const time = createManualTime()
  const network = createManualTime()
  const source = createRemoteJwks({
    issuer: server.origin,
    fetch: createFetch({ privateOrigins: [server.origin], schedule: network.schedule, ...fetch }),
    clock: time.clock,
    schedule: time.schedule,
    random: () => 0.5,
    ...more,
  })
  closing.push(() => source.close())
  const ask = (kid: string) => source.keys({ kid, algorithm: 'ES256' }, frameAt(time.clock(), 1000))
  const kids = async (kid: string) => {
    const keys = await ask(kid)
    return keys.ok ? keys.value.map((key) => key.kid) : keys.clause
  }
  return { server, time, network, source, ask, kids }
}

async function startSource(keys: readonly JsonObject[], more: Partial<RemoteJwksOptions> = {}): Promise<World> {
  const server = await start()
  server.publish(keys)
  const world = sourceOf(server, more)
  expect(await world.source.start()).toMatchObject({ ok: true })
  return world
}

/** Lets a refresh that fell due come to its end: then the next one is on the schedule. */
const settled = (time: ManualTime) => eventually(() => expect(Math.max(0, ...time.pending())).toBeGreaterThan(0))
const nextRefresh = ({ time }: World) => time.pending().at(-1)

describe('what the issuer publishes', () => {
  const many = (count: number) => json({ keys: Array.from({ length: count }, (_, i) => ({ kty: 'AKP', kid: `${i}` })) })
  const rows: readonly (readonly [string, Answer, Answer, string])[] = [
    ['a kid twice', json({ keys: [a, createTestKey('a').jwk] }), json({ keys: [a, b] }), 'rfc7517-4.5-duplicate-kid'],
    ['101 keys', many(101), many(100), 'trust-key-count'],
    ['a private key', json({ keys: [{ ...a, d: 'AA' }] }), json({ keys: [a] }), 'rfc7517-9.3-secret-in-set'],
    ['a symmetric key', json({ keys: [a, { kty: 'oct', k: 'AA' }] }), json({ keys: [a] }), 'rfc7517-9.3-secret-in-set'],
    ['no list of keys', json({}), json({ keys: [] }), 'rfc7517-5-jwk-set'],
    ['a redirect', redirect('/elsewhere'), json({ keys: [] }), fetchTextClauses.fetched],
    ['an error', status(503), json({ keys: [] }), fetchTextClauses.fetched],
    [
      'another media type',
      json({ keys: [] }, 'text/html'),
      json({ keys: [] }, 'application/jwk-set+json'),
      fetchTextClauses.fetched,
    ],
    ['512 KiB and a byte', sized(512 * 1024 + 1), sized(512 * 1024), fetchTextClauses.fetched],
  ]

  test.each(rows)('is refused with %s, and the last good set serves on', async (_, defect, twin, clause) => {
    const { server, source, kids } = await startSource([c])
    server.answer(keysPath, defect)
    expect(await source.start()).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE', clause })
    expect(source.status()).toMatchObject({ keys: 1, lastError: expect.any(String) })
    expect(await kids('c')).toEqual(['c'])
    server.answer(keysPath, twin)
    const check = (answer: Answer) => {
      server.answer(keysPath, answer)
      return sourceOf(server).source.start()
    }
    await refusesOnly(check, twin, defect, { code: 'TRUST_UNAVAILABLE', clause })
  })

  test.each([
    ['a body that never ends', slowBody(5)],
    ['nothing', silent],
  ])('is refused with %s, after 5 s, and the last good set serves on', async (_, defect) => {
    const { server, network, source, kids } = await startSource([c])
    server.answer(keysPath, defect)
    const again = source.start()
    await eventually(() => expect(server.count(keysPath)).toBe(2))
    expect(network.pending()).toEqual([5])
    network.advance(5)
    expect(await again).toMatchObject({ ok: false, clause: fetchTextClauses.fetched })
    expect(await kids('c')).toEqual(['c'])
    server.publish([a])
    expect(await source.start()).toMatchObject({ ok: true })
  })

  test('is limited to the algorithms configured', async () => {
    const { source } = await startSource([a], { algorithms: ['ES384'] })
    expect(source.status()).toMatchObject({ keys: 0, ignored: [expect.stringContaining('alg')] })
  })

  test('elsewhere is taken only where that origin may be reached', async () => {
    const elsewhere = await start()
    elsewhere.publish([a])
    const server = await start()
    server.describe({ issuer: server.origin, jwks_uri: elsewhere.keysUrl })
    const check = (privateOrigins: readonly string[]) => sourceOf(server, {}, { privateOrigins }).source.start()
    const expected = { code: 'TRUST_UNAVAILABLE', clause: fetchTextClauses.fetched } as const
    await refusesOnly(check, [server.origin, elsewhere.origin], [server.origin], expected)
    expect(elsewhere.connections()).toBe(1)
  })

  test('at a private address is not asked for, though a public issuer says so', async () => {
    const tls = createServerCertificate(['login.example', 'keys.example'])
    const server = await start({ tls, host: 'login.example' })
    const check = (jwksUri: string) => {
      server.describe({ issuer: server.origin, jwks_uri: jwksUri })
      const resolve = async () => ['127.0.0.1']
      return sourceOf(server, {}, { ca: tls.cert, resolve }).source.start()
    }
    const expected = { code: 'TRUST_UNAVAILABLE', clause: fetchTextClauses.fetched } as const
    for (const origin of [
      'https://127.0.0.1',
      'https://169.254.169.254',
      'https://[::ffff:127.0.0.1]',
      'https://keys.example',
    ]) {
      await refusesOnly(check, server.keysUrl, `${origin}:${server.port}/keys`, expected)
    }
    expect(server.count(keysPath)).toBe(4)
  })

  test('of another issuer is refused, and its keys are not fetched', async () => {
    const server = await start()
    server.publish([a])
    const check = (issuer: string) => {
      server.describe({ issuer, jwks_uri: server.keysUrl })
      return sourceOf(server).source.start()
    }
    const expected = { code: 'TRUST_UNAVAILABLE', clause: 'oidc-discovery-4.3-issuer' } as const
    await refusesOnly(check, server.origin, `${server.origin}/`, expected)
    expect(server.count(keysPath)).toBe(1)
  })

  test('is asked for directly where its url is configured', async () => {
    const server = await start()
    server.publish([a])
    const { source, kids } = sourceOf(server, { jwksUri: server.keysUrl })
    await source.start()
    expect(await kids('a')).toEqual(['a'])
    expect(server.count(discoveryPath)).toBe(0)
  })
})

describe('rotation', () => {
  test('with overlap: both keys serve, then the removed one is refused after the next refresh', async () => {
    const world = await startSource([a])
    world.server.publish([a, b])
    expect(await world.kids('b'), 'found by one refetch').toEqual(['b'])
    expect(await world.kids('a')).toEqual(['a'])
    world.server.publish([b])
    expect(await world.kids('a'), 'until the next refresh').toEqual(['a'])
    world.time.advance(300)
    await eventually(() => expect(world.source.status().keys).toBe(1))
    expect(await world.kids('a')).toBe(selectKeysClauses.kid)
    expect(await world.kids('b')).toEqual(['b'])
  })

  test('is found by a refetch at most once a minute', async () => {
    const world = await startSource([a])
    world.server.publish([a, b])
    expect(await world.kids('b')).toEqual(['b'])
    world.server.publish([a, b, c])
    world.time.advance(59.9)
    expect(await world.kids('c')).toBe(selectKeysClauses.kid)
    world.time.advance(0.1)
    expect(await world.kids('c')).toEqual(['c'])
    expect(world.server.count(keysPath)).toBe(3)
  })

  test('is found though the wall clock was set back', async () => {
    const world = await startSource([a])
    world.server.publish([a, b])
    expect(await world.kids('b')).toEqual(['b'])
    world.time.step(-86_400)
    world.server.publish([a, b, c])
    world.time.advance(60)
    expect(await world.kids('c')).toEqual(['c'])
  })

  test('is not looked for without a kid, or for a key of another algorithm', async () => {
    const world = await startSource([a])
    const frame = frameAt(world.time.clock())
    expect(await world.source.keys({ algorithm: 'RS256' }, frame)).toMatchObject({ code: 'KEY_UNKNOWN' })
    expect(await world.source.keys({ kid: 'a', algorithm: 'RS256' }, frame)).toMatchObject({ code: 'KEY_UNKNOWN' })
    expect(world.server.count(keysPath)).toBe(1)
    expect(await world.source.keys({ kid: 'b', algorithm: 'RS256' }, frame)).toMatchObject({ code: 'KEY_UNKNOWN' })
    expect(world.server.count(keysPath)).toBe(2)
  })
})

describe('a flood of unknown kids', () => {
  test('10,000 at once cause one refetch, which they share', async () => {
    const world = await startSource([a])
    const refused = await Promise.all(Array.from({ length: 10_000 }, (_, i) => world.kids(`random-${i}`)))
    expect(new Set(refused)).toEqual(new Set([selectKeysClauses.kid]))
    expect(world.server.count(keysPath), 'the first fetch and one refetch').toBe(2)
  })

  test('10,000 one after another cause one refetch', async () => {
    const world = await startSource([a])
    for (let i = 0; i < 10_000; i++) expect(await world.kids(`random-${i}`)).toBe(selectKeysClauses.kid)
    expect(world.server.count(keysPath)).toBe(2)
    expect(await world.kids('a')).toEqual(['a'])
  })

  test('1,000 a second for ten minutes cause one refetch a minute', async () => {
    const world = await startSource([a], { every: seconds(100_000) })
    for (let second = 0; second < 600; second++) {
      await Promise.all(Array.from({ length: 100 }, (_, i) => world.kids(`random-${second}-${i}`)))
      world.time.advance(1)
    }
    expect(world.server.count(keysPath)).toBe(11)
  })
})

test('10,000 random kids in ten minutes: one fetch a minute at most, and each new key is found within 60 s', async () => {
  const world = await startSource([a], { every: seconds(100_000) })
  const rotated = Array.from({ length: 4 }, (_, i) => createTestKey(`rotated-${i}`).jwk)
  const waits: number[] = []
  let asked = 0
  let waiting: { readonly kid: string; readonly since: number } | undefined
  for (let second = 0; second < 600; second++) {
    if (second % 150 === 30) {
      const next = rotated[waits.length]
      if (next) {
        world.server.publish([next])
        waiting = { kid: next.kid, since: second }
      }
    }
    const flood = Array.from({ length: 17 }, () => world.kids(`random-${asked++}`))
    for (const refused of await Promise.all(flood)) expect(refused).toBe(selectKeysClauses.kid)
    if (waiting && Array.isArray(await world.kids(waiting.kid))) {
      waits.push(second - waiting.since)
      waiting = undefined
    }
    world.time.advance(1)
  }
  expect(asked).toBeGreaterThan(10_000)
  expect(waits).toHaveLength(4)
  expect(Math.max(...waits)).toBeLessThanOrEqual(60)
  expect(world.server.count(keysPath), 'the first, and one a minute').toBeLessThanOrEqual(11)
})

describe('an outage of the issuer', () => {
  test('asks go on and none waits, none causes a connection; it ends by itself', async () => {
    const world = await startSource([a])
    await world.server.down()
    world.time.advance(300)
    await settled(world.time)
    expect(world.source.status()).toMatchObject({ keys: 1, lastError: expect.stringContaining('connection') })
    const before = world.time.pending()
    const asks = Array.from({ length: 1000 }, (_, i) => world.kids(i % 2 ? 'a' : `random-${i}`))
    let done = 0
    for (const asked of asks) void asked.then(() => done++)
    await new Promise(setImmediate)
    expect(done).toBe(1000)
    expect(await asks[1]).toEqual(['a'])
    expect(await asks[2]).toBe(selectKeysClauses.kid)
    expect(world.time.pending(), 'nothing was scheduled by asks').toEqual(before)
    world.server.publish([b])
    await world.server.up()
    world.time.advance(1)
    await eventually(() => expect(world.source.status()).not.toHaveProperty('lastError'))
    expect(await world.kids('b')).toEqual(['b'])
    expect(await world.kids('a'), 'a refetch is possible again').toBe(selectKeysClauses.kid)
  })

  test('is met with longer and longer waits, up to the usual one', async () => {
    const world = await startSource([a])
    await world.server.down()
    const waits: (number | undefined)[] = []
    for (let i = 0; i < 11; i++) {
      world.time.advance(nextRefresh(world) ?? 0)
      await settled(world.time)
      waits.push(nextRefresh(world))
    }
    expect(waits).toEqual([0.75, 1.5, 3, 6, 12, 24, 48, 96, 192, 225, 225])
  })

  test('that lasts a day makes the keys too old, for every kid', async () => {
    const { source, ask, time } = await startSource([a])
    const asOf = source.asOf()
    source.close()
    const at = (later: number) => source.keys({ kid: 'a', algorithm: 'ES256' }, frameAt(instant(asOf + later * 1000)))
    const expected = { code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.fresh } as const
    await refusesOnly(at, 86_400, 86_400.001, expected)
    time.advance(86_401)
    expect(await ask('b')).toMatchObject(expected)
  })

  test('at the start: nothing is known, nobody waits, and it ends by itself', async () => {
    const server = await start()
    server.publish([a])
    await server.down()
    const world = sourceOf(server)
    expect(await world.source.start()).toMatchObject({ ok: false, clause: fetchTextClauses.fetched })
    expect(await world.ask('a')).toMatchObject({ code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.loaded })
    await server.up()
    world.time.advance(1)
    await eventually(() => expect(world.source.status().keys).toBe(1))
    expect(await world.kids('a')).toEqual(['a'])
  })

  test('an ask before the first fetch is done does not wait for it', async () => {
    const server = await start()
    server.answer(discoveryPath, silent)
    const world = sourceOf(server)
    const starting = world.source.start()
    expect(await world.ask('a')).toMatchObject({ code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.loaded })
    await eventually(() => expect(server.count(discoveryPath)).toBe(1))
    world.network.advance(5)
    expect(await starting).toMatchObject({ ok: false })
  })
})

describe('a slow issuer', () => {
  test('an ask for an unknown kid waits until its deadline, others not at all', async () => {
    const world = await startSource([a])
    world.server.answer(keysPath, silent)
    const waiting = world.ask('b')
    await eventually(() => expect(world.server.count(keysPath)).toBe(2))
    const joined = world.ask('c')
    expect(await world.kids('a')).toEqual(['a'])
    world.time.advance(1)
    for (const asked of [waiting, joined]) {
      expect(await asked).toMatchObject({ code: 'TRUST_UNAVAILABLE', clause: remoteJwksClauses.deadline })
    }
    expect(world.server.count(keysPath), 'one refetch for both').toBe(2)
    world.network.advance(5)
    await eventually(() => expect(world.source.status()).toHaveProperty('lastError'))
    expect(await world.kids('b'), 'no wait after a failure').toBe(selectKeysClauses.kid)
    world.server.publish([b])
    world.time.advance(1)
    await eventually(() => expect(world.source.status()).not.toHaveProperty('lastError'))
    expect(await world.kids('b'), 'a failed refetch is made good in the background').toEqual(['b'])
  })

  test('an ask whose deadline has passed does not wait', async () => {
    const world = await startSource([a])
    const late = frameAt(world.time.clock(), 0)
    expect(await world.source.keys({ kid: 'b', algorithm: 'ES256' }, late)).toMatchObject({ code: 'TRUST_UNAVAILABLE' })
  })

  test('an unknown kid joins a refresh that is under way, without a token', async () => {
    const world = await startSource([a])
    let answer = () => {}
    world.server.answer(keysPath, (request, response) => {
      answer = () => json({ keys: [a, b, c] })(request, response)
    })
    world.time.advance(300)
    await eventually(() => expect(world.server.count(keysPath)).toBe(2))
    const asked = world.kids('b')
    answer()
    expect(await asked).toEqual(['b'])
    world.server.publish([createTestKey('d').jwk])
    expect(await world.kids('d'), 'the token is still there').toEqual(['d'])
  })
})

describe('closing', () => {
  test('ends a fetch under way and every timer; what is known serves on', async () => {
    const world = await startSource([a])
    world.server.answer(keysPath, silent)
    world.time.advance(300)
    await eventually(() => expect(world.server.count(keysPath)).toBe(2))
    const asOf = world.source.asOf()
    world.source.close()
    await new Promise((settle) => setTimeout(settle, 50))
    expect(world.time.pending()).toEqual([])
    expect(world.source.status()).toEqual({ name: world.server.origin, asOf, keys: 1, ignored: [] })
    expect(await world.kids('a')).toEqual(['a'])
    expect(await world.kids('b')).toBe(selectKeysClauses.kid)
    expect(world.server.count(keysPath)).toBe(2)
  })

  test('gives the token of a refetch back to nobody', async () => {
    const world = await startSource([a])
    await world.kids('b')
    expect(world.time.pending()).toHaveLength(2)
    world.source.close()
    expect(world.time.pending()).toEqual([])
  })

  test('during the start leaves no schedule', async () => {
    const world = sourceOf(await start())
    const starting = world.source.start()
    world.source.close()
    expect(await starting).toMatchObject({ ok: false })
    expect(world.time.pending()).toEqual([])
    expect(world.source.status()).toMatchObject({ keys: 0 })
  })
})

test('starting twice refreshes on one schedule', async () => {
  const world = sourceOf(await start())
  await Promise.all([world.source.start(), world.source.start()])
  expect(world.time.pending()).toEqual([300])
  expect(world.server.count(keysPath)).toBe(1)
})

test('a fetch that throws, though it must not, is a failed fetch and not the end of fetching', async () => {
  const server = await start()
  server.publish([a])
  const fetch = createFetch({ privateOrigins: [server.origin] })
  let broken = false
  const world = sourceOf(server, {
    fetch: async (...call) => (broken ? Promise.reject(new Error('x')) : fetch(...call)),
  })
  await world.source.start()
  broken = true
  expect(await world.kids('b')).toBe(selectKeysClauses.kid)
  expect(world.source.status()).toMatchObject({ lastError: expect.stringContaining('our own') })
  broken = false
  server.publish([b])
  world.time.advance(1)
  await eventually(() => expect(world.source.status()).not.toHaveProperty('lastError'))
  expect(await world.kids('b')).toEqual(['b'])
})
