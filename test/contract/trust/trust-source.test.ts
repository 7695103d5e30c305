import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../pdp/core/json.ts'
import { instant } from '../../../pdp/core/time.ts'
import type { KeyHint } from '../../../pdp/seams.ts'
import { remoteJwksClauses } from '../../../pdp/trust/remote-jwks.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { selectKeysClauses } from '../../../pdp/trust/select-keys.ts'
import { frameAt } from '../../support/clock.ts'
import { createTestKey } from '../../support/keys.ts'
import { refusesOnly } from '../../support/twin.ts'
import { idOf, implementations, maxStale, type TrustHarness } from './harness.ts'

const a = createTestKey('a').jwk
const b = createTestKey('b').jwk
const c = createTestKey('c').jwk
const { kid: _, ...anonymous } = createTestKey('x').jwk
const hint = (kid?: string, algorithm: KeyHint['algorithm'] = 'ES256'): KeyHint =>
  kid === undefined ? { algorithm } : { kid, algorithm }

/** A fresh source for each test, and short ways to ask it. */
function useSource(make: () => Promise<TrustHarness>) {
  let harness: TrustHarness
  beforeEach(async () => {
    harness = await make()
  })
  afterEach(() => harness.close())

  const publish = (jwks: readonly JsonObject[]) => harness.publish(jwks)
  /** Asks at the present, or `later` seconds from it. */
  const ask = async (hint: KeyHint, later = 0) => {
    const now = harness.time.clock()
    return harness.source.keys(hint, frameAt(instant(now + later * 1000)))
  }
  /** The ids of the keys answered, or the clause of the refusal. */
  const ids = async (hint: KeyHint) => {
    const keys = await ask(hint)
    return keys.ok ? keys.value.map(({ id }) => id) : keys.clause
  }
  return { publish, ask, ids, lose: () => harness.lose(), source: () => harness.source, time: () => harness.time }
}

describe.each(implementations)('$name', ({ make }) => {
  const { publish, ask, ids, source, time } = useSource(make)

  test('a kid answers exactly its key', async () => {
    await publish([a, b])
    expect(await ids(hint('a'))).toEqual([idOf(a)])
    expect(await ids(hint('b'))).toEqual([idOf(b)])
  })

  test('an unknown kid is KEY_UNKNOWN', async () => {
    await publish([a, b])
    await refusesOnly(ask, hint('a'), hint('c'), { code: 'KEY_UNKNOWN', clause: selectKeysClauses.kid })
  })

  const oddKids = ['__proto__', 'constructor', '', 'A', 'a ', 'a\u0000', '../a', 'a'.repeat(10_240)]
  test('an odd kid is a name like any other', async () => {
    await publish([a])
    for (const kid of oddKids) {
      await refusesOnly(ask, hint('a'), hint(kid), { code: 'KEY_UNKNOWN', clause: selectKeysClauses.kid })
    }
  })

  test('without a kid, every key for the algorithm is answered', async () => {
    await publish([a, b])
    expect(await ids(hint())).toEqual([idOf(a), idOf(b)])
  })

  test('without a kid, an algorithm no key is for is KEY_UNKNOWN, never an empty list', async () => {
    await publish([a, b])
    const expected = { code: 'KEY_UNKNOWN', clause: selectKeysClauses.algorithm } as const
    await refusesOnly(ask, hint(), hint(undefined, 'RS256'), expected)
  })

  test('a kid whose key is for another algorithm is KEY_UNKNOWN', async () => {
    await publish([a])
    const expected = { code: 'KEY_UNKNOWN', clause: selectKeysClauses.algorithm } as const
    await refusesOnly(ask, hint('a', 'ES256'), hint('a', 'ES384'), expected)
  })

  test('a set is swapped whole: the removed key is refused, the kept and the new one are found', async () => {
    await publish([a, b])
    expect(await ids(hint('a'))).toEqual([idOf(a)])
    expect(await ids(hint('b'))).toEqual([idOf(b)])
    time().advance(10)
    await publish([b, c])
    expect(await ids(hint('a'))).toBe(selectKeysClauses.kid)
    expect(await ids(hint('b'))).toEqual([idOf(b)])
    expect(await ids(hint('c'))).toEqual([idOf(c)])
    expect(await ids(hint())).toEqual([idOf(b), idOf(c)])
  })

  test('a kid that now names another key answers the new one alone', async () => {
    const replaced = createTestKey('a').jwk
    await publish([a])
    expect(await ids(hint('a'))).toEqual([idOf(a)])
    await publish([replaced])
    expect(await ids(hint('a'))).toEqual([idOf(replaced)])
  })

  test('an empty set refuses everything', async () => {
    await publish([a])
    expect(await ids(hint('a'))).toEqual([idOf(a)])
    expect(await publish([])).toMatchObject({ ok: true })
    expect(await ids(hint('a'))).toBe(selectKeysClauses.kid)
    expect(await ids(hint())).toBe(selectKeysClauses.algorithm)
    expect(source().status().keys).toBe(0)
  })

  test('keys serve until they are too old, and not a millisecond longer', async () => {
    await publish([a])
    const at = (later: number) => ask(hint('a'), later)
    const expected = { code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.fresh } as const
    await refusesOnly(at, maxStale, maxStale + 0.001, expected)
    await refusesOnly(at, 0, Number.NaN, expected)
    await refusesOnly(at, -60, Number.POSITIVE_INFINITY, expected)
  })

  test('a new set makes old keys young again', async () => {
    await publish([a])
    time().advance(maxStale + 1)
    expect(await ids(hint('a'))).toBe(checkFreshClauses.fresh)
    await publish([a])
    expect(await ids(hint('a'))).toEqual([idOf(a)])
  })

  test('asOf and status tell when the present keys were known to be right', async () => {
    await publish([a, b])
    const first = time().clock()
    expect(source().asOf()).toBe(first)
    expect(source().status()).toEqual({ name: 'source', asOf: first, keys: 2, ignored: [] })
    time().advance(10)
    await publish([a])
    expect(source().asOf()).toBe(time().clock())
    expect(source().status()).toMatchObject({ keys: 1, asOf: time().clock() })
  })

  test('a set with one kid twice leaves the last good one, says so, and does not make it younger', async () => {
    await publish([a, b])
    const first = source().asOf()
    time().advance(10)
    expect(await publish([a, createTestKey('a').jwk])).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE' })
    expect(await ids(hint('b'))).toEqual([idOf(b)])
    expect(source().asOf()).toBe(first)
    expect(source().status()).toMatchObject({ keys: 2, lastError: expect.stringContaining('kid') })
    expect(await publish([c])).toMatchObject({ ok: true })
    expect(source().status()).not.toHaveProperty('lastError')
  })

  test('101 keys leave the last good set; 100 are taken', async () => {
    const hundred = Array.from({ length: 100 }, (_, i) => createTestKey(`k${i}`).jwk)
    await refusesOnly(publish, hundred, [...hundred, a], {
      code: 'TRUST_UNAVAILABLE',
      clause: 'trust-key-count',
    })
    expect(await ids(hint('k99'))).toHaveLength(1)
    expect(await ids(hint('a'))).toBe(selectKeysClauses.kid)
  })

  test('10,000 asks for known keys are answered without a wait', async () => {
    await publish([a, b])
    const asks = Array.from({ length: 10_000 }, (_, i) => ask(hint(i % 2 ? 'a' : 'b')))
    let settled = 0
    for (const asked of asks) void asked.then(() => settled++)
    await new Promise(setImmediate)
    expect(settled).toBe(10_000)
  })

  test('no detail holds a kid that was asked for', async () => {
    await publish([a])
    const refused = await ask(hint('marked-secret'))
    expect(refused.ok).toBe(false)
    expect(JSON.stringify(refused)).not.toContain('marked-secret')
    expect(refused).not.toMatchObject({ clause: remoteJwksClauses.deadline })
  })
})

describe.each(implementations.filter(({ startsEmpty }) => startsEmpty))('$name, which reads its set', ({ make }) => {
  const { publish, ask, ids, lose, source } = useSource(make)

  test('before any set was had, everything is TRUST_UNAVAILABLE', async () => {
    expect(await ask(hint('a'))).toMatchObject({ code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.loaded })
    expect(await ask(hint())).toMatchObject({ code: 'TRUST_UNAVAILABLE', clause: checkFreshClauses.loaded })
    expect(source().asOf()).toBe(0)
    expect(source().status()).toEqual({ name: 'source', keys: 0, ignored: [] })
    await publish([a])
    expect(await ids(hint('a'))).toEqual([idOf(a)])
  })

  test('when the set is gone, the last good one serves until it is too old', async () => {
    await publish([a])
    expect(await lose()).toMatchObject({ ok: false, code: 'TRUST_UNAVAILABLE' })
    expect(source().status()).toMatchObject({ keys: 1, lastError: expect.any(String) })
    await refusesOnly((later: number) => ask(hint('a'), later), maxStale, maxStale + 1, {
      code: 'TRUST_UNAVAILABLE',
      clause: checkFreshClauses.fresh,
    })
    await publish([b])
    expect(await ids(hint('b'))).toEqual([idOf(b)])
    expect(await ids(hint('a'))).toBe(selectKeysClauses.kid)
  })

  test('a set with a private key is refused whole', async () => {
    const withPrivate = { ...b, d: 'AA' }
    await refusesOnly(publish, [a, b], [a, withPrivate], {
      code: 'TRUST_UNAVAILABLE',
      clause: 'rfc7517-9.3-secret-in-set',
    })
    expect(await ids(hint('b'))).toEqual([idOf(b)])
  })

  test('a key that is not understood is left out, and the status says why', async () => {
    await publish([a, { kty: 'AKP', kid: 'pq', alg: 'ML-DSA-44', pub: 'AA' }])
    expect(source().status()).toMatchObject({ keys: 1, ignored: [expect.stringContaining('kty')] })
    expect(await ids(hint('a'))).toEqual([idOf(a)])
    expect(await ids(hint('pq'))).toBe(selectKeysClauses.kid)
  })
})

describe.each(implementations.filter(({ needsKid }) => !needsKid))('$name, whose keys need no kid', ({ make }) => {
  const { publish, ids } = useSource(make)

  test('a key without a kid is found by its algorithm alone', async () => {
    await publish([anonymous, a])
    expect(await ids(hint())).toEqual([idOf(anonymous), idOf(a)])
    expect(await ids(hint('x'))).toBe(selectKeysClauses.kid)
  })
})
