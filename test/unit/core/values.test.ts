import { describe, expect, test } from 'vitest'
import { askDigest } from '../../../pdp/core/ask-digest.ts'
import { codes, rowOf } from '../../../pdp/core/codes.ts'
import { seal } from '../../../pdp/core/decision.ts'
import { deny } from '../../../pdp/core/draft.ts'
import { DeadlineError, faultOf } from '../../../pdp/core/fault.ts'
import { createMint } from '../../../pdp/core/mint.ts'
import { recordOf } from '../../../pdp/core/record.ts'
import {
  between,
  earliest,
  fromNumericDate,
  instant,
  nanosecondDigits,
  plus,
  seconds,
  toRfc3339,
} from '../../../pdp/core/time.ts'
import { uuidV7 } from '../../../pdp/core/uuid-v7.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { bearer, createAsk, svid } from '../../support/world.ts'

describe('time', () => {
  test('instants are milliseconds, lengths are seconds', () => {
    expect(plus(instant(1_000), seconds(1.5))).toBe(2_500)
    expect(between(instant(1_000), instant(2_500))).toBe(1.5)
    expect(earliest(instant(2), instant(1))).toBe(1)
    expect(earliest(instant(1), instant(2))).toBe(1)
    expect(fromNumericDate(1.5)).toBe(1_500)
    expect(toRfc3339(noon)).toBe('2026-03-02T12:00:00.000Z')
  })
  test('nanoseconds keep every digit', () => {
    expect(nanosecondDigits(instant(1_772_452_800_123))).toBe('1772452800123000000')
  })
})

describe('UUIDv7', () => {
  test('carries the time, its version and its variant (RFC 9562 §5.7)', () => {
    expect(uuidV7(instant(0x0123456789ab), Uint8Array.of(0xff, 1, 0xff, 2, 3, 4, 5, 6, 7, 8))).toBe(
      '01234567-89ab-7f01-bf02-030405060708',
    )
    expect(uuidV7(instant(1), new Uint8Array(10))).toBe('00000000-0001-7000-8000-000000000000')
  })
  test('a short random text is filled with zeros', () => {
    expect(uuidV7(instant(1), new Uint8Array())).toMatch(/^00000000-0001-7/)
  })
})

describe('a mint', () => {
  test('knows its own values and no copy of them', () => {
    const mint = createMint<{ readonly n: number }, 'N'>()
    const made = mint.make({ n: 1 })
    expect(mint.made(made)).toBe(true)
    expect(Object.isFrozen(made)).toBe(true)
    for (const other of [{ ...made }, structuredClone(made), createMint().make({ n: 1 }), undefined, null, 1, 'n']) {
      expect(mint.made(other)).toBe(false)
    }
  })
})

describe('faults', () => {
  test.each([
    [new DeadlineError(), 'DEADLINE', 'no result within the deadline'],
    [new TypeError('eyJhbGciOi.secret'), 'INTERNAL', 'a part failed: TypeError'],
    [Object.assign(new Error('x'), { name: 'Bearer eyJhb.x' }), 'INTERNAL', 'a part failed: an unknown fault'],
    ['text', 'INTERNAL', 'a part failed: an unknown fault'],
    [undefined, 'INTERNAL', 'a part failed: an unknown fault'],
  ])('%s', (error, code, detail) => {
    expect(faultOf(error)).toMatchObject({ ok: false, code, detail })
  })
})

describe('codes', () => {
  test.each(Object.entries(codes))('%s has statuses that fit', (code, row) => {
    if (row.kind === 'problem') expect(row.http).toBeGreaterThanOrEqual(400)
    else expect([200, 401, 403, 429, 503]).toContain(row.http)
    expect(row.grpc === 0).toBe(code === 'ALLOWED')
    expect(rowOf(code as keyof typeof codes)).toBe(row)
    expect(row.say).toMatch(/^[a-z][^."\\]*$/) // stands in a quoted string of a challenge
  })
})

describe('the digest of an ask', () => {
  const token = svid()
  const ask = () => createAsk({ headers: bearer(token), askId: 'a', context: { x: 1 } })
  test('the same ask again is the same', () => {
    expect(askDigest(ask(), frameAt())).toBe(askDigest(ask(), frameAt()))
  })
  test('without an ask id no ask is another', () => {
    const { askId: _, ...without } = ask()
    expect(askDigest(without, frameAt())).not.toBe(askDigest(without, frameAt()))
  })
  test.each([
    ['ask id', { ...ask(), askId: 'b' }],
    ['PEP', { ...ask(), pep: { ...ask().pep, name: 'other' } }],
    ['service', { ...ask(), service: { ...ask().service, name: 'other' } }],
    ['door', { ...ask(), door: 'other' }],
    ['evidence', createAsk({ headers: bearer(svid({ claims: { jti: 'x' } })), askId: 'a', context: { x: 1 } })],
    ['credential', { ...ask(), evidence: { ...ask().evidence, credentials: [{ type: 'bearer', token: 'x' }] } }],
    ['certificate', { ...ask(), evidence: { ...ask().evidence, certificate: 'x' } }],
    ['question', { ...ask(), questions: [{ action: { name: 'delete' } }] as const }],
    ['context', { ...ask(), context: { x: '1' } }],
    ['method', createAsk({ headers: bearer(token), askId: 'a', context: { x: 1 }, method: 'POST' })],
    [
      'query',
      createAsk({
        headers: bearer(token),
        askId: 'a',
        context: { x: 1 },
        url: 'https://orders.example.org/v1/orders/42?x=1',
      }),
    ],
    ['no request', createAsk({ headers: bearer(token), askId: 'a', context: { x: 1 }, withoutRequest: true })],
  ])('another %s is another ask', (_name, other) => {
    expect(askDigest(other, frameAt())).not.toBe(askDigest(ask(), frameAt()))
  })
})

describe('a deny', () => {
  test('a refusal without a code of the table is INTERNAL', () => {
    for (const code of ['ALLOWED', 'toString', 'NOPE', undefined]) {
      const draft = deny({ ok: false, code, clause: 'x', detail: 'x' } as never)
      expect(draft).toMatchObject({ effect: 'deny', code: 'INTERNAL' })
      expect(seal(draft, undefined, createAsk(), frameAt())).toMatchObject({ effect: 'deny', code: 'INTERNAL' })
      expect(recordOf(createAsk(), draft, frameAt())).toMatchObject({ error: true, code: 'INTERNAL' })
    }
  })
})
