import { describe, expect, test } from 'vitest'
import { type Clock, type Instant, instant, plus, seconds } from '../../../pdp/core/time.ts'
import type { RevocationTarget } from '../../../pdp/revocation/revocation-key.ts'
import type { RevocationKey, RevocationView } from '../../../pdp/seams.ts'
import { createTestRevocations, type RevocationWriter } from '../../support/revocations.ts'

// The contract of RevocationView, over every implementation there is.

type Create = (clock: Clock) => { readonly view: RevocationView; readonly writer: RevocationWriter }
const implementations: readonly (readonly [string, Create])[] = [['memory', createTestRevocations]]

const now = instant(1_760_000_000_000)
const at = (n: number) => plus(now, seconds(n))
const why = { reason: 'key was stolen', since: now }
const told = { reason: 'key was stolen', since: now }

const issuer = 'https://issuer.example'
const payments = 'spiffe://prod.example/ns/payments'

/** What is revoked, what falls under it, and what looks like it but must stay clear. */
const cases: readonly (readonly [string, RevocationTarget, RevocationKey, readonly RevocationKey[]])[] = [
  [
    'subject',
    { by: 'subject', issuer, id: 'a' },
    { by: 'subject', issuer, id: 'a' },
    [
      { by: 'subject', issuer: `${issuer}a`, id: '' },
      { by: 'subject', issuer, id: 'A' },
      { by: 'subject', issuer: 'https://other.example', id: 'a' },
      { by: 'jti', issuer, id: 'a' },
      { by: 'key-id', issuer, id: 'a' },
    ],
  ],
  [
    'subject prefix',
    { by: 'subject-prefix', issuer: 'prod.example', prefix: payments },
    { by: 'subject', issuer: 'prod.example', id: `${payments}/sa/api` },
    [
      { by: 'subject', issuer: 'prod.example', id: `${payments}-old/sa/api` },
      { by: 'subject', issuer: 'prod.example', id: 'spiffe://prod.example/ns' },
      { by: 'subject', issuer: 'prod.example', id: 'spiffe://prod.example/ns/payment' },
      { by: 'subject', issuer: 'dev.example', id: `${payments}/sa/api` },
    ],
  ],
  [
    'token id',
    { by: 'jti', issuer, id: '1' },
    { by: 'jti', issuer, id: '1' },
    [
      { by: 'jti', issuer: `${issuer}1`, id: '' },
      { by: 'jti', issuer, id: '11' },
      { by: 'subject', issuer, id: '1' },
    ],
  ],
  [
    'key id',
    { by: 'key-id', issuer, id: 'k1' },
    { by: 'key-id', issuer, id: 'k1' },
    [
      { by: 'key-id', issuer: `${issuer}k`, id: '1' },
      { by: 'key-thumbprint', id: 'k1' },
    ],
  ],
  [
    'key thumbprint',
    { by: 'key-thumbprint', id: 'abc' },
    { by: 'key-thumbprint', id: 'abc' },
    [
      { by: 'key-thumbprint', id: 'ab' },
      { by: 'trust-domain', id: 'abc' },
    ],
  ],
  [
    'trust domain',
    { by: 'trust-domain', id: 'prod.example' },
    { by: 'trust-domain', id: 'prod.example' },
    [
      { by: 'trust-domain', id: 'sub.prod.example' },
      { by: 'key-thumbprint', id: 'prod.example' },
    ],
  ],
  [
    'attested fact',
    { by: 'fact', name: 'pod_uid', id: '7' },
    { by: 'fact', name: 'pod_uid', id: '7' },
    [
      { by: 'fact', name: 'pod_uid7', id: '' },
      { by: 'fact', name: 'pod_ui', id: 'd7' },
      { by: 'fact', name: 'node', id: '7' },
    ],
  ],
]

describe.for(implementations)('%s revocations', ([, create]) => {
  test.for(cases)('by %s', ([, target, key, others]) => {
    const { view, writer } = create(() => now)
    expect(view.find([key])).toBe('clear')
    writer.revoke({ target, ...why })
    expect(view.find([key])).toEqual(told)
    for (const other of others) expect(view.find([other]), JSON.stringify(other)).toBe('clear')
    expect(view.find([...others, key])).toEqual(told)
    expect(writer.lift(target)).toBe(true)
    expect(view.find([key])).toBe('clear')
    expect(writer.lift(target)).toBe(false)
  })

  test('no keys are clear', () => {
    expect(create(() => now).view.find([])).toBe('clear')
  })

  test('a prefix takes the subject at its end and all below, at any depth', () => {
    const { view, writer } = create(() => now)
    const find = (id: string) => view.find([{ by: 'subject', issuer: 'prod.example', id }])
    expect(find(payments)).toBe('clear')
    writer.revoke({ target: { by: 'subject-prefix', issuer: 'prod.example', prefix: payments }, ...why })
    for (const id of [payments, `${payments}/a`, `${payments}/a/b/c`]) expect(find(id), id).toEqual(told)
    expect(find('spiffe://prod.example')).toBe('clear')
  })

  test('a whole trust domain can be a prefix', () => {
    const { view, writer } = create(() => now)
    const target = { by: 'subject-prefix', issuer: 'i', prefix: 'spiffe://prod.example' } as const
    writer.revoke({ target, ...why })
    expect(view.find([{ by: 'subject', issuer: 'i', id: payments }])).toEqual(told)
    expect(view.find([{ by: 'subject', issuer: 'i', id: 'spiffe://prod.example.evil/x' }])).toBe('clear')
  })

  test.for<readonly [string, RevocationTarget & { readonly by: 'subject' | 'subject-prefix' }]>([
    ['subject', { by: 'subject', issuer, id: payments }],
    ['prefix', { by: 'subject-prefix', issuer, prefix: 'spiffe://prod.example/ns' }],
  ])('not before, by %s: what was issued before is revoked', ([, target]) => {
    const { view, writer } = create(() => now)
    writer.revoke({ target, notBefore: at(10), ...why })
    const find = (issuedAt?: Instant) =>
      view.find([{ by: 'subject', issuer, id: payments, ...(issuedAt !== undefined && { issuedAt }) }])
    expect(find(at(10))).toBe('clear')
    expect(find(at(11))).toBe('clear')
    expect(find(at(9.999))).toEqual(told)
    expect(find(instant(Number.NaN)), 'no number').toEqual(told)
    expect(find(), 'time of issue not said').toEqual(told)
  })

  test('a later entry never weakens an earlier one', () => {
    const { view, writer } = create(() => now)
    const target = { by: 'subject', issuer, id: 'a' } as const
    const find = (issued: number) => view.find([{ ...target, issuedAt: at(issued) }])
    writer.revoke({ target, notBefore: at(5), ...why })
    expect(find(7)).toBe('clear')
    writer.revoke({ target, ...why })
    expect(find(7)).toEqual(told)
    writer.revoke({ target, notBefore: at(1), ...why })
    writer.revoke({ target, until: at(1), ...why })
    expect(find(7)).toEqual(told)
  })

  test('an entry ends when it says, and another of the same target goes on', () => {
    let time = now
    const { view, writer } = create(() => time)
    const target = { by: 'subject', issuer, id: 'a' } as const
    writer.revoke({ target, until: at(60), ...why })
    writer.revoke({ target, notBefore: at(5), until: at(90), reason: 'second', since: now })
    const find = (issued: number) => view.find([{ ...target, issuedAt: at(issued) }])
    expect(find(7)).toEqual(told)
    time = at(59.999)
    expect(find(7)).toEqual(told)
    time = at(60)
    expect(find(7)).toBe('clear')
    expect(find(4)).toEqual({ reason: 'second', since: now })
    time = at(90)
    expect(find(4)).toBe('clear')
  })

  test('an end that is no number never comes', () => {
    const { view, writer } = create(() => now)
    writer.revoke({ target: { by: 'key-thumbprint', id: 'a' }, until: instant(Number.NaN), ...why })
    expect(view.find([{ by: 'key-thumbprint', id: 'b' }])).toBe('clear')
    expect(view.find([{ by: 'key-thumbprint', id: 'a' }])).toEqual(told)
  })

  test('a key of no known kind throws: it is never clear', () => {
    const { view } = create(() => now)
    expect(view.find([{ by: 'jti', issuer, id: 'x' }])).toBe('clear')
    const garbage = { by: 'colour', issuer, id: 'x' } as unknown as RevocationKey // what a faulty part may hand over
    expect(() => view.find([garbage])).toThrow(TypeError)
  })

  test('thousands that end do not take those along that go on', () => {
    let time = now
    const { view, writer } = create(() => time)
    const prefix = (n: number) => ({ by: 'subject-prefix', issuer, prefix: `spiffe://prod.example/${n}` }) as const
    const find = (n: number) => view.find([{ by: 'subject', issuer, id: `spiffe://prod.example/${n}/sa` }])
    for (let n = 0; n < 8000; n++) {
      if (n % 2000 === 0) time = at(n)
      writer.revoke({ target: prefix(n), ...(n % 100 !== 0 && { until: at(n + 1) }), ...why })
    }
    time = at(10_000)
    for (let n = 0; n < 8000; n += 50) expect(find(n), `entry ${n}`).toEqual(n % 100 === 0 ? told : 'clear')
    for (let n = 0; n < 8000; n += 100) expect(writer.lift(prefix(n))).toBe(true)
    expect(find(0)).toBe('clear')
  })

  test('the reason and the time are those of the entry', () => {
    const { view, writer } = create(() => at(100))
    writer.revoke({ target: { by: 'fact', name: 'node', id: 'n1' }, reason: 'node was rooted', since: at(3) })
    expect(view.find([{ by: 'fact', name: 'node', id: 'n1' }])).toEqual({ reason: 'node was rooted', since: at(3) })
  })

  test('a process that is its own authority is confirmed at any time', () => {
    let time = now
    const { view } = create(() => time)
    expect(view.confirmedAt()).toBe(now)
    time = at(9)
    expect(view.confirmedAt()).toBe(at(9))
  })
})
