import type { PdpEvents } from '../compose/pdp.ts'
import type { Log, LogEvent } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** What happens inside, counted and told. */
export function toldEvents(metrics: Metrics, log: Log): Partial<PdpEvents> {
  const { instanceReplaced, maskFailed, recordWritten, recordsRefused, redisAsked } = metrics
  return {
    instanceReplaced,
    recordWritten,
    recordsRefused,
    maskFailed,
    redisAsked,
    redisAlarm: tellAlarms(metrics.redisAlarm, log),
    redisSaid: (line) => log.tell('redis.state', line),
    treeFailed: (reason) => log.tell('audit.tree', `audit: the newest records are not under a checkpoint: ${reason}`),
    payloadsLost: (count) =>
      log.tell('audit.payloads', `audit: ${count} payloads could not be kept: these decisions cannot be replayed`, {
        count,
      }),
    trustSaid: (line) => log.tell('trust.kept', line),
    tracesFailed: tellChanges(log),
    bundleTold(bundle, outcome, detail) {
      metrics.bundleOffered(bundle, outcome)
      const [event, what] = bundleEvents[outcome]
      log.tell(event, `bundle \`${bundle}\` ${what}: ${detail}`, { bundle, outcome })
    },
    sinkSaid: (line) => log.tell('audit.sink', `audit sink ${line}`),
  }
}

const bundleEvents = {
  activated: ['bundle.changed', 'is another one now'],
  refused: ['bundle.refused', 'stays as it is, for what is offered is refused'],
  candidate: ['bundle.changed', 'has a candidate beside it'],
  'rolled-back': ['bundle.refused', 'stays as it is, for its candidate does not'],
  'kept-refused': ['bundle.refused', 'begins without the last good one'],
  'not-kept': ['bundle.refused', 'could not be kept for the next start'],
} as const satisfies Readonly<Record<Parameters<PdpEvents['bundleTold']>[1], readonly [LogEvent, string]>>

const alarmEveryMs = 60_000

const alarms = {
  forged: 'holds what no instance wrote: somebody else writes there, or has another secret',
  ended: 'holds what had ended: somebody wrote it back, or clocks are apart',
  evicting: 'may drop single uses to make room, so proofs are refused: set its maxmemory-policy to noeviction',
} as const

/** Counts alarms of Redis, and tells each kind at most once a minute. */
function tellAlarms(count: Metrics['redisAlarm'], log: Log): PdpEvents['redisAlarm'] {
  const isDue = onceIn(alarmEveryMs)
  return (what, why) => {
    count(what, why)
    if (isDue(`${what} ${why}`)) log.tell('redis.alarm', `redis: ${what}: ${alarms[why]}`)
  }
}

/** Tells why spans cannot be sent, the same reason at most once a minute: each batch fails by itself. */
function tellChanges(log: Log): PdpEvents['tracesFailed'] {
  const isDue = onceIn(alarmEveryMs)
  return (reason) => {
    if (isDue(reason)) log.tell('traces.failed', `traces: spans could not be sent: ${reason}`)
  }
}

function onceIn(everyMs: number): (what: string) => boolean {
  const toldAt = new Map<string, number>()
  return (what) => {
    const now = performance.now()
    if (now - (toldAt.get(what) ?? Number.NEGATIVE_INFINITY) < everyMs) return false
    toldAt.set(what, now)
    return true
  }
}
