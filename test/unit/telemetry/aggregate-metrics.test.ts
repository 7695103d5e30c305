import { expect, test } from 'vitest'
import { aggregateMetrics } from '../../../pdp/telemetry/aggregate-metrics.ts'
import { createMetrics } from '../../../pdp/telemetry/metrics.ts'

const worker = (ageSeconds: number, decisions: number, breaker: string, connected = true) => {
  const metrics = createMetrics(() => ({
    bundles: [{ name: 'orders', revision: '1' }],
    sources: [{ name: 'prod.example', ageSeconds }],
    redis: { connected, breaker },
  }))
  for (let i = 0; i < decisions; i++)
    metrics.decided({ effect: 'allow', code: 'ALLOWED', door: 'authorize', service: 'orders' }, 0.001)
  return metrics.snapshot()
}

test('what is counted is added up; of ages the greatest, of connections the worst is told', async () => {
  const workers = await Promise.all([worker(3, 4, 'closed'), worker(7, 5, 'closed', false)])
  const text = await aggregateMetrics(workers, { serving: 2, restarts: 1 })
  for (const line of [
    'sallyport_decisions_total{effect="allow",code="ALLOWED",door="authorize",service="orders"} 9',
    'sallyport_decision_duration_seconds_count 9',
    'sallyport_trust_source_age_seconds{source="prod.example"} 7',
    'sallyport_bundle_info{bundle="orders",revision="1"} 1',
    'sallyport_redis_connected{breaker="closed"} 0',
    'sallyport_workers 2',
    'sallyport_worker_restarts_total 1',
  ])
    expect(text.split('\n')).toContain(line)
})

test('without a worker there is still an answer', async () => {
  expect(await aggregateMetrics([], { serving: 0, restarts: 0 })).toContain('sallyport_workers 0')
})
