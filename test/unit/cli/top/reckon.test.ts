import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { growth, quantileOf, rateOf, ratesBy, type Window } from '../../../../pdp/cli/operate/top/deltas.ts'
import { draw } from '../../../../pdp/cli/operate/top/draw.ts'
import { readMetrics } from '../../../../pdp/cli/operate/top/read-metrics.ts'
import { reckon } from '../../../../pdp/cli/operate/top/reckon.ts'
import { createMetrics } from '../../../../pdp/telemetry/metrics.ts'

const window = (before: string, after: string, seconds = 10): Window => ({
  before: readMetrics(before),
  after: readMetrics(after),
  seconds,
})

describe('the text format', () => {
  test('names, labels with what is escaped in them, numbers, and what has no end', () => {
    const read = readMetrics(
      '# HELP a what it is\n# TYPE a counter\na 1\na{x="y",z="q\\"\\\\\\n"} 2.5e3 1700000000\nb +Inf\n\nno sample at all here\n',
    )
    expect(read.get('a')).toEqual([
      { labels: {}, value: 1 },
      { labels: { x: 'y', z: 'q"\\\n' }, value: 2500 },
    ])
    expect(read.get('b')).toEqual([{ labels: {}, value: Number.POSITIVE_INFINITY }])
    expect([...read.keys()]).toEqual(['a', 'b'])
  })

  test('whatever is answered, it is read', () => {
    fc.assert(fc.property(fc.string(), (text) => void readMetrics(text)))
  })
})

describe('growth', () => {
  test('is the difference; of what is new, and of a counter that began anew, what is there', () => {
    const found = growth(window('c{k="a"} 5\nc{k="b"} 9\n', 'c{k="a"} 8\nc{k="b"} 4\nc{k="c"} 2\n'), 'c')
    expect(found.map(({ labels, value }) => [labels['k'], value])).toEqual([
      ['a', 3],
      ['b', 4],
      ['c', 2],
    ])
  })

  test('a second, by label, the greatest first, without what did not grow', () => {
    const given = window('', 'c{k="a",e="x"} 10\nc{k="b",e="x"} 30\nc{k="c",e="x"} 0\nc{k="b",e="y"} 5\n')
    expect(Object.entries(ratesBy(given, 'c', 'k'))).toEqual([
      ['b', 3.5],
      ['a', 1],
    ])
    expect(rateOf(given, 'c', ({ e }) => e === 'y')).toBe(0.5)
    expect(rateOf(given, 'none')).toBe(0)
  })
})

describe('a quantile', () => {
  const buckets = (...counts: readonly number[]): string =>
    ['0.1', '0.2', '0.5', '+Inf'].map((le, i) => `h_bucket{le="${le}"} ${counts[i]}\n`).join('')
  test.each([
    ['half way into the first bucket', buckets(10, 10, 10, 10), 0.5, 0.05],
    ['within a later one, in proportion', buckets(0, 10, 20, 20), 0.75, 0.35],
    ['in the one without an end: its beginning', buckets(0, 0, 0, 10), 0.5, 0.5],
  ] as const)('%s', (_, after, quantile, wanted) => {
    expect(quantileOf(window('', after), 'h', quantile)).toBeCloseTo(wanted)
  })

  test('is of what came in between alone, and none where nothing did', () => {
    expect(quantileOf(window(buckets(0, 0, 100, 100), buckets(10, 10, 110, 110)), 'h', 0.5)).toBeCloseTo(0.05)
    expect(quantileOf(window(buckets(1, 1, 1, 1), buckets(1, 1, 1, 1)), 'h', 0.5)).toBeUndefined()
  })

  test('is between the least and the greatest bound, and grows with its share', () => {
    const counts = fc.array(fc.nat(50), { minLength: 4, maxLength: 4 })
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(counts, part, part, (given, a, b) => {
        let total = 0
        const after = window('', buckets(...given.map((n) => (total += n))))
        const [low, high] = [quantileOf(after, 'h', Math.min(a, b)), quantileOf(after, 'h', Math.max(a, b))]
        if (total === 0) expect([low, high]).toEqual([undefined, undefined])
        else expect(0 <= (low ?? -1) && (low ?? 1) <= (high ?? 0) && (high ?? 1) <= 0.5).toBe(true)
      }),
    )
  })
})

test('what a process tells is reckoned, and drawn', async () => {
  const metrics = createMetrics(() => ({
    ready: true,
    bundles: [
      {
        name: 'orders',
        revision: 'r\u001b[2J7',
        expires: 3_700_000,
        fault: {},
        candidate: { mode: 'shadow', revision: 'r8', compared: 9, differences: 1, errors: 0, skipped: 0 },
      },
    ],
    sources: [{ name: 'prod.example', ageSeconds: 90 }, { name: 'https://login.example.org' }],
    asks: { limit: 512, inside: 3, waiting: 0 },
    redis: { connected: true, breaker: 'half-open' },
    revocation: { confirmed: false, ageSeconds: 7 },
    log: { records: 12, covered: 10, freeBytes: 5 * 1_048_576, writable: true, reserveBytes: 1 },
    sinks: [{ name: 'siem', behindRecords: 3, behindSeconds: 4, delivered: 0, errors: 0 }],
  }))
  const before = await metrics.render()
  const decided = (effect: string, code: string) =>
    metrics.decided({ effect, code, door: 'authorize', service: 'orders' }, 0.0009)
  for (let i = 0; i < 70; i++) decided('allow', 'ALLOWED')
  for (let i = 0; i < 20; i++) decided('deny', 'POLICY_DENIED')
  for (let i = 0; i < 10; i++) decided('deny', 'AUDIT_UNAVAILABLE')
  for (const cache of ['hit-l1', 'hit-l1', 'hit-l2', 'miss', 'bypass']) metrics.answered(cache)
  metrics.requestRefused('SHED')
  metrics.proved(['access-token', 'dpop'], 3, 'allow')
  metrics.recordWritten()
  const rates = reckon(window(before, await metrics.render()), 100)
  expect(rates).toMatchObject({
    ready: true,
    decisions: { per_s: 10, allow_per_s: 7, deny_per_s: 3, faults_per_s: 1, by_service: { orders: 10 } },
    callers: { by_method: { 'access-token': 0.1, dpop: 0.1 }, by_level: { 3: 0.1 } },
    refused_by_code: { SHED: 0.1 },
    asks: { under_way: 3, waiting: 0, places: 512 },
    cache: { hits: expect.closeTo(0.75) },
    audit: { written_per_s: 0.1, writable: true, under_no_checkpoint: 2, sink_lag_s: { siem: 4 } },
    policy: [{ bundle: 'orders', refused: true, expires_in_s: 3_600, candidate: { same: 8, differs: 1 } }],
    trust_age_s: { 'prod.example': 90, 'https://login.example.org': Number.POSITIVE_INFINITY },
    revocation: { confirmed: false, age_s: 7 },
    redis: { connected: true, breaker: 'half-open' },
  })
  expect(rates.decisions.p50_s).toBeCloseTo(0.00075)
  const drawn = draw(rates, 120)
  for (const line of [
    'decisions   10.0/s   allow 70.0 %   deny 30.0 %   faults 10.0 %',
    'latency     p50 750 us   p99 995 us',
    'denied      POLICY_DENIED                2.0/s',
    'redis       connected, breaker half-open',
    'revocation  confirmed NO, age 7.0 s',
    'trust       https://login.example.org ever old',
    'sink        siem 4.0 s behind',
    'policy      orders r?[2J7, expires in 1.0 h, its source is refused, candidate: same 8 differs 1 error 0 skipped 0',
  ])
    expect(drawn).toContain(line)
  expect(draw(rates, 40).every((line) => line.length <= 40)).toBe(true)
})

test('of a process that tells nothing yet nothing is made up', () => {
  const rates = reckon(window('', 'sallyport_ready 0\n'), 0)
  expect(rates.decisions).toMatchObject({ per_s: 0, p50_s: undefined })
  expect(draw(rates, 80)).toContain('ready       NO')
  expect(draw(rates, 80)).toContain('redis       none')
  expect(draw(rates, 80)).toContain('decisions   0.0/s   allow -   deny -   faults -')
})
