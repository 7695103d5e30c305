import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RevocationChange } from '../../../pdp/revocation/change.ts'
import { createChangeSet } from '../../../pdp/revocation/change-set.ts'
import { createTestClock, noon } from '../../support/clock.ts'
import { liftOf, revokeOf, tokenOf } from '../../support/revocation-changes.ts'

const token = tokenOf('t')
const key = { by: 'jti', issuer: 'https://issuer.example', id: 't' } as const
const day = 24 * 3_600
const setOf = (changes: readonly RevocationChange[]) => {
  const set = createChangeSet(() => noon)
  for (const change of changes) set.add(change)
  return set
}

describe('what is revoked follows from the set of changes, whatever their order', () => {
  const changes: readonly RevocationChange[] = [
    revokeOf('a', token),
    revokeOf('b', token, 60),
    liftOf('x', token, ['a']),
    revokeOf('c', { by: 'subject-prefix', issuer: 'i', prefix: 'p' }),
    liftOf('y', { by: 'subject-prefix', issuer: 'i', prefix: 'p' }, ['c']),
    revokeOf('d', { by: 'subject-prefix', issuer: 'i', prefix: 'q' }),
  ]
  const finding = (set: ReturnType<typeof setOf>) =>
    [key, ...['p/1', 'q/1'].map((id) => ({ by: 'subject' as const, issuer: 'i', id }))].map((one) =>
      set.find([one]) === 'clear' ? 'clear' : 'revoked',
    )

  test('any order, any of them twice', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...changes, ...changes], { minLength: 12, maxLength: 12 }), (order) => {
        const set = setOf(order)
        expect(finding(set)).toEqual(['revoked', 'clear', 'revoked'])
        expect(set.size()).toBe(changes.length)
      }),
      { numRuns: 500, seed: 3 },
    )
  })

  test('the union of what two know is what one knows who was told everything', () => {
    fc.assert(
      fc.property(fc.subarray([...changes]), fc.subarray([...changes]), (one, other) => {
        const union = new Set([...one, ...other])
        expect(finding(setOf([...one, ...other]))).toEqual(finding(setOf([...union])))
      }),
      { numRuns: 500, seed: 4 },
    )
  })
})

test('a lift ends what its author knew of, and nothing that was revoked meanwhile', () => {
  const set = setOf([revokeOf('a', token)])
  const ends = set.idsOf(token)
  set.add(revokeOf('b', token))
  set.add(liftOf('x', token, ends))
  expect(set.find([key])).toMatchObject({ reason: 'stolen' })
  set.add(liftOf('y', token, set.idsOf(token)))
  expect(set.find([key])).toBe('clear')
})

describe('forgetting', () => {
  test.for<readonly [string, readonly RevocationChange[], number, readonly string[]]>([
    ['a revocation that goes on: never', [revokeOf('a', token)], 400 * day, []],
    ['one that ended: a day after', [revokeOf('a', token, 60)], day + 60, ['a']],
    ['not before', [revokeOf('a', token, 60)], day + 59, []],
    [
      'one that was lifted, with its lift: 30 days after',
      [revokeOf('a', token), liftOf('x', token, ['a'])],
      30 * day,
      ['a', 'x'],
    ],
    ['not before that', [revokeOf('a', token), liftOf('x', token, ['a'])], 30 * day - 1, []],
    ['a lift without what it lifts', [liftOf('x', token, ['a'])], 30 * day, ['x']],
    [
      'lifted twice: after the later',
      [revokeOf('a', token), liftOf('x', token, ['a']), liftOf('y', token, ['a'], day)],
      30 * day,
      ['x'],
    ],
  ])('%s', ([, changes, after, gone]) => {
    const clock = createTestClock()
    const set = createChangeSet(clock)
    for (const change of changes) set.add(change)
    const before = set.find([key])
    clock.advance(after)
    expect(set.prune().map(({ id }) => id)).toEqual(gone)
    expect(set.size()).toBe(changes.length - gone.length)
    if (gone.length === 0)
      expect(set.find([key])).toEqual(changes.length === 1 && after < 60 ? before : set.find([key]))
  })

  test('what comes back after its lift is forgotten is revoked again: the safe side', () => {
    const clock = createTestClock()
    const set = createChangeSet(clock)
    for (const change of [revokeOf('a', token), liftOf('x', token, ['a'])]) set.add(change)
    clock.advance(31 * day)
    set.prune()
    set.add(revokeOf('a', token))
    expect(set.find([key])).not.toBe('clear')
  })
})
