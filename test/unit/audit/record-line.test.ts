import { describe, expect, test } from 'vitest'
import { decisionBody } from '../../../pdp/audit/decision-body.ts'
import { maximumLineBytes } from '../../../pdp/audit/line-size.ts'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { lineSchema } from '../../../pdp/audit/record-schema.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import type { EventFacts } from '../../../pdp/core/event-record.ts'
import type { DecisionRecord } from '../../../pdp/core/record.ts'
import { instant, toRfc3339 } from '../../../pdp/core/time.ts'
import { bareRecord, decisionRecord, idOf, startRecord } from './sample-records.ts'

describe('the line of a record', () => {
  test('a decision with every member, to the byte', () => {
    expect(recordLine(decisionRecord(1), 5)).toBe(
      '{"v":1,"kind":"decision","seq":5,"id":"0199c1a0-0000-7000-8000-000000000001","ts":"2025-10-09T08:53:20.001Z"' +
        ',"door":"authorize","pep":"orders-api"' +
        ',"pep_auth":{"kind":"spiffe","id":"spiffe://prod.example/gateway","address":"10.0.0.7"}' +
        ',"trace":{"id":"0af7651916cd43dd8448eb211c80319c","parent":"b7ad6b7169203331","sampled":true},"ask_id":"retry-1","service":"orders","effect":"allow","code":"ALLOWED"' +
        ',"clause":"decision-allowed","detail":"allowed","subject":{"issuer":"prod.example"' +
        ',"id":"spiffe://prod.example/ns/payments/sa/api","methods":["jwt-svid","dpop"],"assurance":{"level":3' +
        ',"possession":"request","audience_bound":true,"single_use":true,"attested":true,"lifetime_s":300,"age_s":12}' +
        ',"credentials":[{"method":"jwt-svid","issuer":"prod.example","expires_at":"2025-10-09T08:58:20.000Z"' +
        ',"key_thumbprint":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"' +
        `,"jti_sha256":"${sha256('jti-1')}","kid_sha256":"${sha256('kid-1')}","trust_age_s":42` +
        '}]},"attested":{"environment":"production"' +
        ',"namespace":"payments"},"delegation":[{"issuer":"https://login.example.org"' +
        ',"id":"https://login.example.org#alice"}],"questions":[{"code":"ALLOWED","clause":"decision-allowed"' +
        ',"action":"read","resource":{"type":"order","id":"42"},"reasons":[{"code":"owner","message":"is the owner"}]' +
        ',"obligations":[{"id":"o1","type":"filter","properties":{"rows":["own"],"limit":10}}],"cache":"hit-l1"' +
        ',"filled_by":"0199c1a0-0000-7000-8000-000000000007"' +
        `,"input_sha256":"${sha256('input')}"` +
        '}],"request":{"method":"GET","host":"orders.example.org"' +
        `,"path":"/orders/42"},"policy":{"bundle":"orders","revision":"7","digest":"${'a'.repeat(64)}"}` +
        ',"builtins":[{"name":"time.now_ns","operands":[],"answer":"1760000000000000000"}' +
        String.raw`,{"name":"rand.intn","operands":["\"n\"","0"]}]` +
        `,"payload_sha256":"${sha256('payload')}","degraded":["redis","tree"]` +
        ',"us":{"began":1000251,"identity":210,"policy":34,"total":251}}',
    )
  })

  test('a deny before the caller was known, to the byte', () => {
    expect(recordLine(bareRecord(2), 0)).toBe(
      '{"v":1,"kind":"decision","seq":0,"id":"0199c1a0-0000-7000-8000-000000000002","ts":"2025-10-09T08:53:20.002Z"' +
        ',"door":"authorize","pep":"orders-api","service":"orders","effect":"deny","code":"INTERNAL"' +
        ',"clause":"decision-fault","detail":"a part failed: TypeError","error":true' +
        ',"questions":[{"code":"INTERNAL","clause":"decision-fault"}]}',
    )
  })

  test('an event of the process, to the byte', () => {
    expect(recordLine(startRecord(3), 9)).toBe(
      '{"v":1,"kind":"start","seq":9,"id":"0199c1a0-0000-7000-8000-000000000003","ts":"2025-10-09T08:53:20.003Z"' +
        `,"facts":{"version":"0.1.0","node":"24.0.0","mode":"written","config":"${'c'.repeat(64)}"` +
        `,"bundles":[{"name":"orders","revision":"7","digest":"${'a'.repeat(64)}","signed":true}]}}`,
    )
  })

  test('the order is that of the line, not that of the record', () => {
    const record = decisionRecord(1)
    // Object.fromEntries forgets the types of the members, which are those of the record
    const reversed = Object.fromEntries(Object.entries(record).reverse()) as unknown as DecisionRecord
    expect(recordLine(reversed, 5)).toBe(recordLine(record, 5))
  })

  test('text cannot leave its string: no line ends, quotes or separators of its own', () => {
    const hostile = '"}\n{"v":1,"kind":"decision"\r\u2028\u0000\\'
    const line = recordLine(decisionRecord(1, { detail: hostile, pep: hostile, attested: { [hostile]: hostile } }), 1)
    expect(line).not.toMatch(/[\n\r]/)
    const parsed = lineSchema.parse(JSON.parse(line))
    expect(parsed).toMatchObject({ detail: hostile, pep: hostile, attested: { [hostile]: hostile } })
  })

  test('a length of time that JSON does not have is null', () => {
    const record = decisionRecord(1)
    if (!record.subject) throw new Error('the sample must have a subject')
    const { subject } = record
    const assurance = { ...subject.assurance, lifetime_s: Infinity, age_s: Number.NaN }
    const line: unknown = JSON.parse(recordLine({ ...record, subject: { ...subject, assurance } }, 1))
    expect(lineSchema.parse(line)).toMatchObject({ subject: { assurance: { lifetime_s: null, age_s: null } } })
  })

  test('a record that is no JSON throws, its twin does not', () => {
    expect(() => recordLine(startRecord(1), 0)).not.toThrow()
    const facts = { version: 1n } as unknown as Partial<EventFacts['start']> // what a faulty part may hand over
    expect(() => recordLine(startRecord(1, facts), 0)).toThrow(TypeError)
    expect(() => recordLine({ ...startRecord(1), at: instant(Number.NaN) }, 0)).toThrow(RangeError)
  })
})

describe('texts that are kept for the next record', () => {
  const base = decisionRecord(1)
  const line = (record: object) => recordLine(record as DecisionRecord, 5) // of the members of a record, one of them changed

  test('every value of a record that differs is in its line, whatever record came before', () => {
    const usual = line(base)
    let changes = 0
    for (const [path, changed] of changedOnce(base)) {
      if (path === 'kind') continue
      expect(line(changed), path).not.toBe(usual)
      expect(line(base), path).toBe(usual)
      changes++
    }
    expect(changes).toBeGreaterThan(50)
  })

  test('the same is so of a value that is not there', () => {
    for (const name of [
      'pepAuth',
      'trace',
      'askId',
      'subject',
      'attested',
      'delegation',
      'request',
      'policy',
      'spent',
    ]) {
      const { [name]: _, ...rest } = { ...base } as Readonly<Record<string, unknown>>
      const [before, without] = [line(base), line(rest)]
      expect(without, name).not.toBe(before)
      expect([line(base), line(rest)], name).toEqual([before, without])
    }
  })

  test('more names than are kept', () => {
    const lineOf = (n: number) => line({ ...base, pep: `pep-${n}` })
    const lines = Array.from({ length: 3_000 }, (_, n) => lineOf(n))
    expect(lines.every((each, n) => each.includes(`"pep":"pep-${n}"`) && each === lineOf(n))).toBe(true)
  })
})

/** A value with each of its texts, numbers and booleans changed in turn, and which. */
function* changedOnce(value: unknown, path = ''): Generator<readonly [string, object]> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`
    const put = (changed: unknown): object =>
      Array.isArray(value) ? value.with(Number(name), changed) : { ...value, [name]: changed }
    if (typeof inner === 'string') yield [at, put(`${inner}~`)]
    else if (typeof inner === 'number') yield [at, put(inner + 1)]
    else if (typeof inner === 'boolean') yield [at, put(!inner)]
    else for (const [below, changed] of changedOnce(inner, at)) yield [below, put(changed)]
  }
}

describe('a line that would be too long', () => {
  const bytes = (line: string) => Buffer.byteLength(line) + 1
  const parse = (line: string) => lineSchema.parse(JSON.parse(line))

  test('one that just fits is whole', () => {
    const room = maximumLineBytes - bytes(recordLine(startRecord(1, { version: '' }), 0)) - 64
    const line = recordLine(startRecord(1, { version: 'x'.repeat(room) }), 0)
    expect(parse(line)).not.toHaveProperty('trunc')
    expect(bytes(line)).toBeGreaterThan(maximumLineBytes - 128)
  })

  test.for<readonly [string, Partial<DecisionRecord>, readonly string[]]>([
    ['a text', { detail: 'x'.repeat(40_000) }, ['detail']],
    ['text of three bytes a character', { detail: '\u20ac'.repeat(11_000) }, ['detail']],
    ['text that is escaped to six', { detail: '\u0001'.repeat(6_000) }, ['detail']],
    ['a path', { request: { method: 'GET', host: 'h', path: `/${'p'.repeat(33_000)}` } }, ['request.path']],
    [
      'facts',
      { attested: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`fact ${i}`, 'value'])) },
      ['attested'],
    ],
    [
      'questions',
      { questions: Array.from({ length: 1000 }, () => ({ code: 'ALLOWED', clause: bareRecord(1).clause })) },
      ['questions'],
    ],
  ])('%s is cut and named', ([, more, expected]) => {
    const line = recordLine(decisionRecord(1, more), 3)
    expect(bytes(line)).toBeLessThanOrEqual(maximumLineBytes)
    const before = decisionBody(decisionRecord(1, more), toRfc3339(decisionRecord(1).at))
    const whole = { bytes: bytes(before) - 1, sha256: sha256(before) } // there is no line end to count
    expect(parse(line)).toMatchObject({ id: idOf(1), seq: 3, effect: 'allow', trunc: expected, whole })
  })

  test('the properties of an obligation, wide and deep', () => {
    let properties = { end: 'x'.repeat(100) } as object
    for (let depth = 0; depth < 1500; depth++) properties = { a: properties, b: 'y'.repeat(100) }
    const obligations = [{ id: 'o', type: 't', properties: properties as Record<string, string> }] // deeper than it says
    const questions = [{ code: 'ALLOWED' as const, clause: bareRecord(1).clause, obligations }]
    const line = recordLine(decisionRecord(1, { questions }), 3)
    expect(bytes(line)).toBeLessThanOrEqual(maximumLineBytes)
    expect(parse(line)).toMatchObject({ trunc: ['questions.obligations.properties'] })
  })

  test('everything at once, worst characters, still fits and still says who, what and which policy', () => {
    const worst = '\u0001'.repeat(500)
    const many = <T>(item: T) => Array.from({ length: 6 }, () => item)
    const facts = Object.fromEntries(many(0).map((_, i) => [`${i}${worst}`.slice(0, 60), worst]))
    const question = {
      action: worst,
      resource: { type: worst, id: worst },
      code: 'ALLOWED' as const,
      clause: bareRecord(1).clause,
      reasons: many({ code: worst, message: worst }),
      obligations: many({ id: worst, type: worst, properties: facts }),
      cache: 'hit-l1' as const,
      filledBy: idOf(9),
    }
    const base = decisionRecord(1)
    const record = decisionRecord(1, {
      door: worst,
      pep: worst,
      askId: worst,
      service: worst,
      detail: worst,
      attested: facts,
      delegation: many({ issuer: worst, id: worst }),
      questions: many(question),
      request: { method: worst, host: worst, path: worst },
      policy: { bundle: worst, revision: worst, digest: 'a'.repeat(64) },
      ...(base.subject && {
        subject: {
          ...base.subject,
          issuer: worst,
          id: worst,
          methods: many(worst),
          credentials: many({ method: worst, issuer: worst, expires_at: worst, key_thumbprint: worst }),
        },
      }),
    })
    const line = recordLine(record, 3)
    expect(bytes(line)).toBeLessThanOrEqual(maximumLineBytes)
    expect(parse(line)).toMatchObject({ id: idOf(1), effect: 'allow', policy: { digest: 'a'.repeat(64) } })
  })

  test('a cut does not part a pair of surrogates', () => {
    const line = recordLine(decisionRecord(1, { detail: `x${'\u{1f600}'.repeat(20_000)}` }), 0)
    expect(JSON.stringify(JSON.parse(line)).isWellFormed()).toBe(true)
    expect(line).not.toMatch(/\\ud[89a-f]/i)
  })
})
