import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Clock, type Instant, instant } from '../../../pdp/core/time.ts'
import { type RevocationTarget, revocationKey } from '../../../pdp/revocation/revocation-key.ts'
import type { RevocationKey, RevocationView } from '../../../pdp/seams.ts'
import { createTestRevocations, type RevocationEntry, type RevocationWriter } from '../../support/revocations.ts'

// Random revocations, liftings, look-ups and time, against a model that compares every entry with every key.

type Revocations = { readonly view: RevocationView; readonly writer: RevocationWriter }
const implementations: readonly (readonly [string, (clock: Clock) => Revocations])[] = [
  ['memory', createTestRevocations],
]

const start = 1_760_000_000_000
// few values, so that targets and keys meet; fields that could run into each other
const part = fc.constantFrom('a', 'ab', '', 'b')
const path = fc.constantFrom('a', 'a/b', 'a/b/c', 'ab/c', 'a/bc')
const kind = <By extends string>(by: By) => fc.constant(by)
const targetOf = (part: fc.Arbitrary<string>, path: fc.Arbitrary<string>): fc.Arbitrary<RevocationTarget> =>
  fc.oneof(
    fc.record({ by: kind('subject'), issuer: part, id: path }),
    fc.record({ by: kind('subject-prefix'), issuer: part, prefix: path }),
    fc.record({ by: kind('jti'), issuer: part, id: part }),
    fc.record({ by: kind('key-id'), issuer: part, id: part }),
    fc.record({ by: kind('key-thumbprint'), id: part }),
    fc.record({ by: kind('trust-domain'), id: part }),
    fc.record({ by: kind('fact'), name: part, id: part }),
  )
const target = targetOf(part, path)
const time = fc.integer({ min: 0, max: 50 }).map((n) => instant(start + n))
const ending = fc.option(time, { freq: 2 })
const key: fc.Arbitrary<RevocationKey> = fc.oneof(
  fc.record({ by: kind('subject'), issuer: part, id: path }),
  fc.record({ by: kind('subject'), issuer: part, id: path, issuedAt: time }),
  fc.record({ by: kind('jti'), issuer: part, id: part }),
  fc.record({ by: kind('key-id'), issuer: part, id: part }),
  fc.record({ by: kind('key-thumbprint'), id: part }),
  fc.record({ by: kind('trust-domain'), id: part }),
  fc.record({ by: kind('fact'), name: part, id: part }),
)
const step = fc.oneof(
  fc.record({ do: kind('revoke'), target, until: ending, notBefore: ending }),
  fc.record({ do: kind('lift'), target }),
  fc.record({ do: kind('find'), keys: fc.array(key, { maxLength: 4 }) }),
  fc.record({ do: kind('wait'), for: fc.integer({ min: 0, max: 2 }) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const history = fc.array(step, { minLength: 40, maxLength: 80 })

function entryOf({ target, until, notBefore }: Extract<Step, { do: 'revoke' }>, n: number): RevocationEntry {
  const rest = { reason: `entry ${n}`, since: instant(start), ...(until !== null && { until }) }
  if (notBefore === null || (target.by !== 'subject' && target.by !== 'subject-prefix')) return { target, ...rest }
  return { target, notBefore, ...rest }
}

/** Whether an entry covers a key, said in the plainest way. */
function covers({ target, until, notBefore }: RevocationEntry, key: RevocationKey, now: Instant): boolean {
  if (until !== undefined && until <= now) return false
  if (key.by === 'subject' && (target.by === 'subject' || target.by === 'subject-prefix')) {
    const old = notBefore === undefined || key.issuedAt === undefined || key.issuedAt < notBefore
    if (!old || target.issuer !== key.issuer) return false
    if (target.by === 'subject') return target.id === key.id
    return key.id === target.prefix || key.id.startsWith(`${target.prefix}/`)
  }
  const { by: _, ...left } = target
  const { by: __, ...right } = key
  return target.by === key.by && JSON.stringify(left) === JSON.stringify(right)
}

const same = (a: RevocationTarget, b: RevocationTarget) => JSON.stringify(a) === JSON.stringify(b)

function compare(create: (clock: Clock) => Revocations, steps: readonly Step[]) {
  let now = instant(start)
  let entries: RevocationEntry[] = []
  const { view, writer } = create(() => now)
  const seen = { clear: 0, revoked: 0 }
  for (const [n, step] of steps.entries()) {
    if (step.do === 'wait') now = instant(now + step.for)
    else if (step.do === 'lift') {
      writer.lift(step.target)
      entries = entries.filter(({ target }) => !same(target, step.target))
    } else if (step.do === 'revoke') {
      const entry = entryOf(step, n)
      writer.revoke(entry)
      entries.push(entry)
    } else {
      const covering = entries.filter((entry) => step.keys.some((key) => covers(entry, key, now)))
      const found = view.find(step.keys)
      if (found === 'unconfirmed') return { seen, difference: `step ${n}: unconfirmed` }
      if (found === 'clear' ? covering.length > 0 : !covering.some(({ reason }) => reason === found.reason)) {
        return { seen, difference: `step ${n}` }
      }
      seen[found === 'clear' ? 'clear' : 'revoked']++
    }
  }
  return { seen }
}

describe.for(implementations)('%s revocations, against the model', ([, create]) => {
  test('what is revoked is found, and nothing else', () => {
    const total = { clear: 0, revoked: 0 }
    fc.assert(
      fc.property(history, (steps) => {
        const { seen, difference } = compare(create, steps)
        expect(difference).toBeUndefined()
        total.clear += seen.clear
        total.revoked += seen.revoked
      }),
      { numRuns: 600, seed: 20_251_009 },
    )
    console.log(`look-ups: ${JSON.stringify(total)}`)
    expect(Math.min(total.clear, total.revoked)).toBeGreaterThan(1000)
  })

  test.for<readonly [string, (real: Revocations) => Revocations]>([
    [
      'ignores one revocation in ten',
      ({ view, writer }) => {
        let n = 0
        return { view, writer: { ...writer, revoke: (entry) => (++n % 10 === 0 ? undefined : writer.revoke(entry)) } }
      },
    ],
    [
      'looks at the first key alone',
      (real) => ({ ...real, view: { ...real.view, find: (k) => real.view.find(k.slice(0, 1)) } }),
    ],
    ['never lifts', ({ view, writer }) => ({ view, writer: { ...writer, lift: () => false } })],
  ])('finds a view that %s', ([, spoil]) => {
    const found = fc.check(
      fc.property(history, (steps) => {
        return compare((clock) => spoil(create(clock)), steps).difference === undefined
      }),
      { numRuns: 500, seed: 1 },
    )
    expect(found.failed).toBe(true)
  })
})

test('no two targets share a key', () => {
  const text = fc.oneof(part, fc.constantFrom('s1:a', 'a/', 'a2:', '1:', 'as1:b'), fc.string({ maxLength: 4 }))
  const target = targetOf(text, text)
  fc.assert(
    fc.property(target, target, (one, other) => {
      expect(revocationKey(one) === revocationKey(other)).toBe(same(one, other))
    }),
    { numRuns: 5000, seed: 20_251_009 },
  )
})
