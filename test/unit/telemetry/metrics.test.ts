import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { aggregateMetrics } from '../../../pdp/telemetry/aggregate-metrics.ts'
import { createMetrics, type Metrics } from '../../../pdp/telemetry/metrics.ts'

const allow = { effect: 'allow', code: 'ALLOWED', door: 'authorize', service: 'orders' }
const deny = { effect: 'deny', code: 'POLICY_DENIED', door: 'authorize', service: 'orders' }

const create = () =>
  createMetrics(() => ({
    redis: { connected: true, breaker: 'closed' },
    ready: true,
    certificate: { begins: 1_799_999_996_400, ends: 1_800_000_000_000 },
    revocation: { ageSeconds: 0.25, confirmed: true },
    asks: { limit: 80, inside: 64, waiting: 3 },
    log: { records: 12, covered: 10, freeBytes: 1_000, reserveBytes: 500, writable: false },
    sinks: [{ name: 'siem', behindRecords: 7, behindSeconds: 1.5, delivered: 90, errors: 2, deliveredAtMs: 2_500 }],
    witnessed: { records: 8 },
    checkpoint: { log: 'host/audit/1', root: 0x0102_0304_0506 },
    bundles: [{ name: 'orders', revision: 'r1' }],
    sources: [{ name: 'https://login.example.org', ageSeconds: 12.5, maxAgeSeconds: 86_400 }, { name: 'prod.example' }],
  }))

async function lines(metrics: Metrics): Promise<readonly string[]> {
  return (await metrics.render()).split('\n')
}

test('docs/metrics.md names every metric, and none that is not there', async () => {
  const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')
  const named = new Set([...page.matchAll(/^\| `(sallyport_\w+)/gm)].map(([, name]) => name))
  const there = [...(await create().render()).matchAll(/^# TYPE (sallyport_\w+)/gm)].map(([, name]) => name)
  const ofAll = [...(await aggregateMetrics([], { serving: 0, restarts: 0 })).matchAll(/^# TYPE (sallyport_\w+)/gm)]
  expect([...named].sort()).toEqual([...there, ...ofAll.map(([, name]) => name)].sort())
})

describe('what is counted stands there', () => {
  const rows: readonly (readonly [string, (metrics: Metrics) => void])[] = [
    [
      'sallyport_decisions_total{effect="allow",code="ALLOWED",door="authorize",service="orders"} 2',
      (m) => [allow, allow, deny].forEach((labels) => m.decided(labels, 0.001)),
    ],
    [
      'sallyport_decisions_total{effect="deny",code="POLICY_DENIED",door="authorize",service="orders"} 1',
      (m) => [allow, deny].forEach((labels) => m.decided(labels, 0.001)),
    ],
    ['sallyport_decision_duration_seconds_bucket{le="0.001"} 1', (m) => m.decided(allow, 0.0009)],
    ['sallyport_decision_duration_seconds_bucket{le="0.0005"} 0', (m) => m.decided(allow, 0.0009)],
    ['sallyport_decision_duration_seconds_count 1', (m) => m.decided(allow, 0.0009)],
    ['sallyport_policy_answers_total{cache="hit-l2"} 1', (m) => ['miss', 'hit-l2'].forEach(m.answered)],
    ['sallyport_redis_commands_total{command="get",outcome="timeout"} 1', (m) => m.redisAsked('get', 'timeout')],
    ['sallyport_redis_alarms_total{what="use",why="forged"} 1', (m) => m.redisAlarm('use', 'forged')],
    [
      'sallyport_subject_methods_total{method="dpop",effect="allow"} 1',
      (m) => m.proved(['access-token', 'dpop'], 3, 'allow'),
    ],
    ['sallyport_subject_assurance_total{level="3",effect="deny"} 1', (m) => m.proved(['jwt-svid'], 3, 'deny')],
    ['sallyport_ready 1', () => undefined],
    ['sallyport_revocation_confirmed 1', () => undefined],
    ['sallyport_trust_source_max_age_seconds{source="https://login.example.org"} 86400', () => undefined],
    ['sallyport_audit_writable 0', () => undefined],
    ['sallyport_audit_reserve_bytes 500', () => undefined],
    ['sallyport_certificate_expires_timestamp_seconds 1800000000', () => undefined],
    ['sallyport_certificate_lifetime_seconds 3.6', () => undefined],
    ['sallyport_audit_log_records 12', () => undefined],
    ['sallyport_audit_checkpoint_records 10', () => undefined],
    ['sallyport_audit_checkpoint_age_seconds +Inf', () => undefined],
    ['sallyport_audit_disk_free_bytes 1000', () => undefined],
    ['sallyport_audit_sink_lag_records{sink="siem"} 7', () => undefined],
    ['sallyport_audit_sink_lag_seconds{sink="siem"} 1.5', () => undefined],
    ['sallyport_audit_sink_delivered_records_total{sink="siem"} 90', () => undefined],
    ['sallyport_audit_sink_errors_total{sink="siem"} 2', () => undefined],
    ['sallyport_audit_sink_last_success_timestamp_seconds{sink="siem"} 2.5', () => undefined],
    ['sallyport_audit_witnessed_records 8', () => undefined],
    ['sallyport_audit_witnessed_age_seconds +Inf', () => undefined],
    ['sallyport_audit_checkpoint_root{log="host/audit/1"} 1108152157446', () => undefined],
    ['sallyport_revocation_age_seconds 0.25', () => undefined],
    ['sallyport_asks_limit 80', () => undefined],
    ['sallyport_asks_in_flight 64', () => undefined],
    ['sallyport_asks_queued 3', () => undefined],
    ['sallyport_redis_connected{breaker="closed"} 1', () => undefined],
    ['sallyport_requests_refused_total{code="SHED"} 1', (m) => m.requestRefused('SHED')],
    ['sallyport_policy_instances_replaced_total{reason="trap"} 1', (m) => m.instanceReplaced('trap')],
    ['sallyport_audit_records_total 2', (m) => [1, 2].forEach(() => m.recordWritten())],
    ['sallyport_audit_mask_failed_records_total 1', (m) => m.maskFailed()],
    ['sallyport_audit_refused_records_total 7', (m) => m.recordsRefused(7)],
    ['sallyport_audit_records_total 0', () => undefined],
    ['sallyport_audit_refused_records_total 0', () => undefined],
    ['sallyport_bundle_info{bundle="orders",revision="r1"} 1', () => undefined],
    ['sallyport_trust_source_age_seconds{source="https://login.example.org"} 12.5', () => undefined],
    ['sallyport_trust_source_age_seconds{source="prod.example"} +Inf', () => undefined],
  ]
  test.for(rows)('%s', async ([line, happen]) => {
    const metrics = create()
    happen(metrics)
    expect(await lines(metrics)).toContain(line)
    expect(await lines(metrics), 'and again at the next look').toContain(line)
  })

  test('a count goes on after it was looked at', async () => {
    const metrics = create()
    metrics.requestRefused('SHED')
    await metrics.render()
    metrics.requestRefused('SHED')
    expect(await lines(metrics)).toContain('sallyport_requests_refused_total{code="SHED"} 2')
  })
})

test('the process tells of itself', async () => {
  expect(await create().render()).toMatch(/^process_cpu_user_seconds_total /m)
  expect(await create().render()).toMatch(/^nodejs_eventloop_lag_seconds /m)
})

test('two registries do not know each other', async () => {
  const [one, two] = [create(), create()]
  one.recordWritten()
  expect(await lines(two)).toContain('sallyport_audit_records_total 0')
})

test('every gauge of a reading tells of the same moment, and the next reading of the next one', async () => {
  let looks = 0
  const metrics = createMetrics(() => ({ ready: ++looks % 2 === 0, bundles: [], sources: [] }))
  for (const form of ['text', 'openmetrics'] as const) {
    const before = looks
    expect(await metrics.render(form)).toMatch(new RegExp(`^sallyport_ready ${(before + 1) % 2 === 0 ? 1 : 0}$`, 'm'))
    expect(looks).toBe(before + 1)
  }
})
