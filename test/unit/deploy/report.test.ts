import { expect, test } from 'vitest'
import { type Outcome, report, type Seen } from '../../../deploy/compose/report.ts'

const outcomes: readonly Outcome[] = [
  { kind: 'honest', name: 'h', attempt: { tried: 'reads', answered: 200, code: 'ALLOWED' }, answered: 200 },
  { kind: 'attack', name: 'a', attempt: { tried: 'steals', answered: 401, code: 'EXPIRED' }, answered: 401 },
]
const seen: readonly Seen[] = [
  { attempt: 'h', subject: 'spiffe://shop.example/ns/shop/sa/checkout' },
  { attempt: 'other' },
]

test('everything as expected', () => {
  expect(report(outcomes, seen)).toEqual({
    good: true,
    text: [
      'honest  reads   200     reached the service  ALLOWED',
      'attack  steals  401     stopped              EXPIRED',
      '1 attacks, none reached a service; 1 honest callers served',
      '',
    ].join('\n'),
  })
})

test.each<[string, readonly Outcome[], readonly Seen[]]>([
  ['an attack that reached a service, whatever was answered', outcomes, [...seen, { attempt: 'a' }]],
  ['an attack that was answered otherwise', outcomes.map((one) => ({ ...one, answered: 200 })), seen],
  ['an honest caller that was not served', outcomes, []],
  ['an honest caller that was served twice', outcomes, [...seen, ...seen]],
  [
    'an honest caller that was taken for another',
    outcomes,
    [{ attempt: 'h', subject: 'spiffe://shop.example/ns/a/sa/b' }],
  ],
])('is told: %s', (_, outcomes, seen) => {
  const { good, text } = report(outcomes, seen)
  expect(good).toBe(false)
  expect(text).toContain('NOT AS EXPECTED')
  expect(text).toMatch(/1 of 2 not as expected\n$/)
})
