import { expect, test } from 'vitest'
import { toldEvents } from '../../../pdp/process/told-events.ts'
import { createMetrics } from '../../../pdp/telemetry/metrics.ts'

function stand() {
  const told: (readonly [string, string])[] = []
  const metrics = createMetrics(() => ({ bundles: [], sources: [] }))
  const events = toldEvents(metrics, { tell: (event, text) => void told.push([event, text]) })
  return { told, events, metrics }
}

test('each event has its name, and a text that is whole by itself', () => {
  const { told, events } = stand()
  events.redisSaid?.('redis: connected')
  events.treeFailed?.('disk full')
  events.payloadsLost?.(3)
  events.trustSaid?.('trust: x is ignored')
  events.bundleTold?.('orders', 'activated', 'r2')
  events.bundleTold?.('orders', 'rolled-back', 'differs')
  events.sinkSaid?.('siem: delivers again')
  expect(told).toEqual([
    ['redis.state', 'redis: connected'],
    ['audit.tree', 'audit: the newest records are not under a checkpoint: disk full'],
    ['audit.payloads', 'audit: 3 payloads could not be kept: these decisions cannot be replayed'],
    ['trust.kept', 'trust: x is ignored'],
    ['bundle.changed', 'bundle `orders` is another one now: r2'],
    ['bundle.refused', 'bundle `orders` stays as it is, for its candidate does not: differs'],
    ['audit.sink', 'audit sink siem: delivers again'],
  ])
})

test('what comes again and again is counted each time, and told once', async () => {
  const { told, events, metrics } = stand()
  for (let i = 0; i < 50; i++) {
    events.redisAlarm?.('use', 'forged')
    events.tracesFailed?.('ECONNREFUSED')
  }
  events.redisAlarm?.('use', 'ended')
  events.tracesFailed?.('answered with status 503')
  expect(told.map(([event]) => event)).toEqual(['redis.alarm', 'traces.failed', 'redis.alarm', 'traces.failed'])
  expect(await metrics.render()).toContain('sallyport_redis_alarms_total{what="use",why="forged"} 50')
})
