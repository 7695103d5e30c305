import { candidateGauges } from './candidate-gauges.ts'
import { type Counter, Gauge } from 'prom-client'
import { type ObservedTrail, trailMetricsOf } from './audit-metrics.ts'
import { stateGauges } from './state-gauges.ts'

/** A bundle that is tried beside the active one, and how asks compared. */
export interface ObservedCandidate {
  readonly mode: string
  readonly revision: string
  readonly compared: number
  readonly differences: number
  readonly errors: number
  readonly skipped: number
}

/** How the decision point is when somebody asks for metrics. */
export interface Observed extends ObservedTrail {
  /** Whether asks may be sent here. */
  readonly ready?: boolean
  /** When the certificate of the listeners begins and ends, in ms; absent without one. */
  readonly certificate?: { readonly begins: number; readonly ends: number }
  /** `fault`, `expires` and `candidate` as far as there are any. */
  readonly bundles: readonly {
    readonly name: string
    readonly revision: string
    readonly expires?: number
    readonly fault?: object
    readonly candidate?: ObservedCandidate
  }[]
  /** `ageSeconds` is absent where there never were keys; `maxAgeSeconds`: how old they may become. */
  readonly sources: readonly { readonly name: string; readonly ageSeconds?: number; readonly maxAgeSeconds?: number }[]
  /**
   * The log in files: records in all and under the newest checkpoint, since when that is there, room for more, how much of it
   * is kept back, and whether it is written.
   */
  readonly log?: {
    readonly records: number
    readonly covered: number
    readonly checkpointAgeSeconds?: number
    readonly freeBytes: number
    readonly reserveBytes?: number
    readonly writable?: boolean
  }
  /** The Redis of the fleet; absent without one. */
  readonly redis?: { readonly connected: boolean; readonly breaker: string }
  /** What is revoked: since when nothing was lacking; absent where that is not known. */
  readonly revocation?: { readonly ageSeconds?: number; readonly confirmed?: boolean }
  /** The places of asks: how many there may be now, are taken, and are waited for. */
  readonly asks?: { readonly limit: number; readonly inside: number; readonly waiting: number }
}

/** Gauges that look when they are read; none is registered yet. */
export function gaugesOf(observe: () => Observed): readonly (Gauge | Counter)[] {
  const bundles = new Gauge({
    name: 'sallyport_bundle_info',
    help: 'The active bundles; always 1.',
    labelNames: ['bundle', 'revision'],
    aggregator: 'max', // over workers
    registers: [],
    collect() {
      this.reset()
      for (const { name, revision } of observe().bundles) this.set({ bundle: name, revision }, 1)
    },
  })
  const stale = new Gauge({
    name: 'sallyport_bundle_update_refused',
    help: 'Whether the source of a bundle has one that is refused, so that another stays active.',
    labelNames: ['bundle'],
    registers: [],
    collect() {
      this.reset()
      for (const { name, fault } of observe().bundles) this.set({ bundle: name }, fault ? 1 : 0)
    },
  })
  const ends = new Gauge({
    name: 'sallyport_bundle_expires_timestamp_seconds',
    help: 'From when on a bundle decides nothing more, as it was signed; absent where it does not say.',
    labelNames: ['bundle'],
    registers: [],
    collect() {
      this.reset()
      for (const { name, expires } of observe().bundles)
        if (expires !== undefined) this.set({ bundle: name }, expires / 1000)
    },
  })
  const ages = new Gauge({
    name: 'sallyport_trust_source_age_seconds',
    help: 'Since the keys of a source were last known right; +Inf where there never were any.',
    labelNames: ['source'],
    aggregator: 'max',
    registers: [],
    collect() {
      this.reset()
      for (const { name, ageSeconds = Number.POSITIVE_INFINITY } of observe().sources)
        this.set({ source: name }, ageSeconds)
    },
  })
  const revocation = new Gauge({
    name: 'sallyport_revocation_age_seconds',
    help: 'Since this instance was last known to lack no revocation; +Inf before the first time.',
    aggregator: 'max',
    registers: [],
    collect() {
      this.reset()
      const known = observe().revocation
      if (known) this.set(known.ageSeconds ?? Number.POSITIVE_INFINITY)
    },
  })
  const redis = new Gauge({
    name: 'sallyport_redis_connected',
    help: 'Whether the Redis of the fleet is connected, by the state of the breaker before it.',
    labelNames: ['breaker'],
    aggregator: 'min',
    registers: [],
    collect() {
      this.reset()
      const status = observe().redis
      if (status) this.set({ breaker: status.breaker }, status.connected ? 1 : 0)
    },
  })
  const log = ofLog.map((row) => gaugeOf(row, () => observe().log))
  const asks = ofAsks.map((row) => gaugeOf(row, () => observe().asks))
  return [
    ...stateGauges(observe),
    ...candidateGauges(observe),
    ...log,
    ...trailMetricsOf(observe),
    ...asks,
    revocation,
    redis,
    bundles,
    stale,
    ends,
    ages,
  ]
}

/** One number of a part: its name, what it says, how it is read. */
type Row<T> = readonly [name: string, help: string, read: (part: T) => number]

function gaugeOf<T>([name, help, read]: Row<T>, find: () => T | undefined): Gauge {
  return new Gauge({
    name: `sallyport_${name}`,
    help,
    registers: [],
    collect() {
      this.reset()
      const part = find()
      if (part) this.set(read(part))
    },
  })
}

const ofAsks: readonly Row<NonNullable<Observed['asks']>>[] = [
  [
    'asks_limit',
    'How many asks may be under way now; less than `limits.in_flight` while they take too long.',
    ({ limit }) => limit,
  ],
  ['asks_in_flight', 'Asks under way.', ({ inside }) => inside],
  ['asks_queued', 'Asks that wait for a place.', ({ waiting }) => waiting],
]

const ofLog: readonly Row<NonNullable<Observed['log']>>[] = [
  ['audit_log_records', 'Records in the audit log.', ({ records }) => records],
  ['audit_checkpoint_records', 'Records under the newest checkpoint of the audit log.', ({ covered }) => covered],
  [
    'audit_checkpoint_age_seconds',
    'Since the newest checkpoint of the audit log; +Inf before the first.',
    ({ checkpointAgeSeconds = Number.POSITIVE_INFINITY }) => checkpointAgeSeconds,
  ],
  ['audit_disk_free_bytes', 'Room on the disk of the audit log.', ({ freeBytes }) => freeBytes],
]
