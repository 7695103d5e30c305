import { describe, expect, test } from 'vitest'
import { aggregateMetrics } from '../../../pdp/telemetry/aggregate-metrics.ts'
import { metricsFormOf } from '../../../pdp/telemetry/metrics-form.ts'
import { createMetrics, type Metrics } from '../../../pdp/telemetry/metrics.ts'
import { readOpenMetrics } from '../../support/read-open-metrics.ts'

const allow = { effect: 'allow', code: 'ALLOWED', door: 'authorize', service: 'orders' }
const spanOf = (digit: string) => ({ trace: digit.repeat(32), span: digit.repeat(16) })
const create = () =>
  createMetrics(() => ({
    bundles: [{ name: 'a "quoted" \\ name\n', revision: 'r1' }],
    sources: [{ name: 'https://login.example.org' }],
    sinks: [{ name: 'siem', behindRecords: 7, behindSeconds: 1.5, delivered: 90, errors: 2 }],
  }))

/** Decisions with spans and without, each in another bucket or beyond all. */
function filled(): Metrics {
  const metrics = create()
  metrics.decided(allow, 0.00004, spanOf('1'))
  metrics.decided(allow, 0.0007)
  metrics.decided(allow, 0.0009, spanOf('2'))
  metrics.decided(allow, 0.0008, spanOf('3'))
  metrics.decided(allow, 30, spanOf('4'))
  metrics.redisAsked('get', 'timeout')
  return metrics
}

const durationOf = (text: string) =>
  readOpenMetrics(text).filter(({ family }) => family === 'sallyport_decision_duration_seconds')

const expected = (bound: string, digit: string, value: number) => [
  bound,
  { labels: { trace_id: digit.repeat(32), span_id: digit.repeat(16) }, value, at: expect.any(Number) },
]
const exemplarsOf = (text: string) =>
  durationOf(text).flatMap(({ labels, exemplar }) => (exemplar ? [[labels['le'], exemplar]] : []))

test('all metrics, as OpenMetrics reads them, with the newest traced decision of each bucket', async () => {
  const text = await filled().render('openmetrics')
  expect(exemplarsOf(text)).toEqual([
    expected('5e-05', '1', 0.00004),
    expected('0.001', '3', 0.0008),
    expected('+Inf', '4', 30),
  ])
  const samples = readOpenMetrics(text)
  expect(samples.find(({ name }) => name === 'sallyport_bundle_info')?.labels['bundle']).toBe('a "quoted" \\ name\n')
  expect(samples.find(({ name }) => name === 'sallyport_trust_source_age_seconds')?.value).toBe(Infinity)
  expect(text).toMatch(/^# TYPE sallyport_decisions counter\n# HELP [^\n]+\nsallyport_decisions_total\{/m)
})

test('both forms say the same numbers under the same names, whichever is asked for first', async () => {
  const metrics = filled()
  const changing = /^(?:process|nodejs)_/
  const read = async () => {
    const open = readOpenMetrics(await metrics.render('openmetrics')).filter(({ name }) => !changing.test(name))
    const lines = (await metrics.render())
      .split('\n')
      .filter((row) => row !== '' && !row.startsWith('#') && !changing.test(row))
    return {
      open: open.map(({ name, value }) => `${name} ${value}`),
      text: lines.map((row) => row.replace(/\{.*\}/s, '').replace('+Inf', 'Infinity')),
    }
  }
  const first = await read()
  expect(first.open).toEqual(first.text)
  expect(await read()).toEqual(first)
  expect(await metrics.render()).not.toContain(spanOf('1').trace)
})

test('of workers, the sums, and the newest example of each bucket', async () => {
  const later = create()
  const workers = [await filled().snapshot()]
  later.decided(allow, 0.0006, spanOf('9'))
  workers.push(structuredClone(await later.snapshot()) as (typeof workers)[number])
  const text = await aggregateMetrics(workers, { serving: 2, restarts: 0 }, 'openmetrics')
  expect(exemplarsOf(text)).toEqual([
    expected('5e-05', '1', 0.00004),
    expected('0.001', '9', 0.0006),
    expected('+Inf', '4', 30),
  ])
  expect(readOpenMetrics(text).find(({ name }) => name === 'sallyport_workers')?.value).toBe(2)
})

describe('the reader', () => {
  const good = '# TYPE a gauge\n# HELP a x\na 1\n# EOF\n'
  const buckets = (rows: string) => `# TYPE h histogram\n${rows}\n# EOF\n`
  const whole = 'h_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2'
  test.for<readonly [string, string, string]>([
    ['no end', 'must end', good.replace('# EOF\n', '')],
    ['a type twice', 'a family twice', good.replace('# HELP a x', '# TYPE a gauge')],
    ['no type', 'of the family', good.replace('# TYPE a gauge\n', '')],
    ['a sample twice', 'a sample twice', good.replace('a 1', 'a 1\na 2')],
    ['a counter without its suffix', 'suffix of another', good.replace('gauge', 'counter')],
    ['an exemplar of a gauge', 'where none may stand', good.replace('a 1', 'a 1 # {} 1')],
    ['a quote that is not escaped', 'not escaped', good.replace('a x', 'a "x')],
    ['a bound that is not canonical', 'not canonical', buckets(whole.replace('1.0', '1'))],
    ['no last bucket', 'without their end', buckets(whole.replace('h_bucket{le="+Inf"} 2\n', ''))],
    ['a bucket that shrinks', 'out of order', buckets(whole.replace('1.0"} 1', '1.0"} 3'))],
    [
      'an exemplar of another bucket',
      'of another bucket',
      buckets(whole.replace('1.0"} 1', '1.0"} 1 # {trace_id="x"} 2')),
    ],
    [
      'an exemplar with too much',
      'too much',
      buckets(whole.replace('1.0"} 1', `1.0"} 1 # {trace_id="${'x'.repeat(121)}"} 1`)),
    ],
  ])('finds %s', ([, why, text]) => {
    expect(readOpenMetrics(good)).toHaveLength(1)
    expect(readOpenMetrics(buckets(whole))).toHaveLength(4)
    expect(() => readOpenMetrics(text)).toThrow(why)
  })
})

test.for<readonly [string | undefined, string]>([
  [undefined, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['Application/OpenMetrics-Text; version=1.0.0; charset=utf-8', 'openmetrics'],
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openmetrics',
  ],
  ['text/plain;q=0.9, application/openmetrics-text;q=0.5', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=x', 'text'],
])('%j is answered as %s', ([accept, form]) => {
  expect(metricsFormOf(accept)).toBe(form)
})
