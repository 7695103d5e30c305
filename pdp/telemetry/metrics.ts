import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'

/** How the decision point is when somebody asks for metrics. */
export interface Observed {
  /** `fault` and `expires` as far as there are any. */
  readonly bundles: readonly {
    readonly name: string
    readonly revision: string
    readonly expires?: number
    readonly fault?: object
  }[]
  /** `ageSeconds` is absent where there never were keys. */
  readonly sources: readonly { readonly name: string; readonly ageSeconds?: number }[]
  /** The log in files: records in all and under the newest checkpoint, since when that is there, and room for more. */
  readonly log?: {
    readonly records: number
    readonly covered: number
    readonly checkpointAgeSeconds?: number
    readonly freeBytes: number
  }
  /** The Redis of the fleet; absent without one. */
  readonly redis?: { readonly connected: boolean; readonly breaker: string }
}

/** Counts what happens. Each of the counting functions returns at once: a number in memory is raised. */
export interface Metrics {
  decided(labels: DecisionLabels, seconds: number): void
  /** A policy answered one question; `cache` is where the answer came from. */
  answered(cache: string): void
  requestRefused(code: string): void
  instanceReplaced(reason: string): void
  /** What became of a bundle that was offered. */
  bundleOffered(bundle: string, outcome: string): void
  recordWritten(): void
  recordsRefused(records: number): void
  redisAsked(command: string, outcome: string): void
  redisAlarm(what: string, why: string): void
  /** All metrics in the text format of Prometheus. */
  render(): Promise<string>
  snapshot(): Promise<MetricsSnapshot>
}

/** The metrics of one process at one moment, to be added up with those of others. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[]

/** Labels of a decision: of closed lists and of configured names, never of what a caller sends. */
export interface DecisionLabels {
  readonly effect: string
  readonly code: string
  readonly door: string
  readonly service: string
}

/** The content type of what `render` answers. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

const durations = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** Metrics of one process, in a registry of their own. */
export function createMetrics(observe: () => Observed): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const decisions = createTally(['effect', 'code', 'door', 'service'])
  const answers = createTally(['cache'])
  const refused = createTally(['code'])
  const replaced = createTally(['reason'])
  const offered = createTally(['bundle', 'outcome'])
  const written = createTally([])
  const notWritten = createTally([])
  const redisCommands = createTally(['command', 'outcome'])
  const redisAlarms = createTally(['what', 'why'])
  counterOf(registry, 'decisions_total', 'Decisions by effect, code, door and service.', decisions)
  counterOf(registry, 'policy_answers_total', 'Answers of policy by where they came from.', answers)
  counterOf(registry, 'requests_refused_total', 'Requests refused before a decision, by problem code.', refused)
  counterOf(registry, 'policy_instances_replaced_total', 'Policy instances replaced after a fault.', replaced)
  counterOf(registry, 'bundle_updates_total', 'Bundles that were offered, by what became of them.', offered)
  counterOf(registry, 'audit_records_total', 'Audit records written with the durability of their mode.', written)
  counterOf(registry, 'audit_refused_records_total', 'Audit records that could not be written.', notWritten)
  counterOf(registry, 'redis_commands_total', 'Commands to Redis by outcome.', redisCommands)
  counterOf(registry, 'redis_alarms_total', 'What stood in Redis and was not ours, or may be dropped.', redisAlarms)
  gaugesOf(registry, observe)
  const duration = new Histogram({
    name: 'sallyport_decision_duration_seconds',
    help: 'Time from a parsed ask to its decision.',
    buckets: durations,
    registers: [registry],
  })
  return {
    decided({ effect, code, door, service }, seconds) {
      decisions.add([effect, code, door, service], 1)
      duration.observe(seconds)
    },
    answered: (cache) => answers.add([cache], 1),
    requestRefused: (code) => refused.add([code], 1),
    instanceReplaced: (reason) => replaced.add([reason], 1),
    bundleOffered: (bundle, outcome) => offered.add([bundle, outcome], 1),
    recordWritten: () => written.add([], 1),
    recordsRefused: (records) => notWritten.add([], records),
    redisAsked: (command, outcome) => redisCommands.add([command, outcome], 1),
    redisAlarm: (what, why) => redisAlarms.add([what, why], 1),
    render: () => registry.metrics(),
    snapshot: () => registry.getMetricsAsJSON(),
  }
}

/** Numbers by the values of labels. */
interface Tally {
  readonly names: readonly string[]
  add(values: readonly string[], n: number): void
  entries(): readonly (readonly [labels: Readonly<Record<string, string>>, n: number])[]
}

/** A count for one value of a label, and the counts below it for each value of the next label. */
interface Branch {
  n: number
  readonly below: Map<string, Branch>
}

/** A tally. Branches, because looking up a text that is known costs less than joining and hashing a new one. */
function createTally(names: readonly string[]): Tally {
  const root: Branch = { n: 0, below: new Map() }
  const leaves = (branch: Branch, depth: number): readonly (readonly [readonly string[], number])[] =>
    depth === names.length
      ? [[[], branch.n]]
      : [...branch.below].flatMap(([value, next]) =>
          leaves(next, depth + 1).map(([values, n]) => [[value, ...values], n] as const),
        )
  return {
    names,
    add(values, n) {
      let branch = root
      for (const value of values) {
        let next = branch.below.get(value)
        if (!next) {
          next = { n: 0, below: new Map() }
          branch.below.set(value, next)
        }
        branch = next
      }
      branch.n += n
    },
    entries: () =>
      leaves(root, 0).map(([values, n]) => [Object.fromEntries(names.map((name, i) => [name, values[i] ?? ''])), n]),
  }
}

/** A counter that is filled when it is read: while asks are decided only the tally is touched. */
function counterOf(registry: Registry, name: string, help: string, tally: Tally): void {
  const metric = new Counter({
    name: `sallyport_${name}`,
    help,
    labelNames: [...tally.names],
    registers: [],
    collect() {
      this.reset()
      for (const [labels, n] of tally.entries()) this.inc(labels, n)
    },
  })
  registry.registerMetric(metric)
}

function gaugesOf(registry: Registry, observe: () => Observed): void {
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
  for (const gauge of logGauges(observe)) registry.registerMetric(gauge)
  registry.registerMetric(redis)
  for (const gauge of [bundles, stale, ends]) registry.registerMetric(gauge)
  registry.registerMetric(ages)
}

type ObservedLog = NonNullable<Observed['log']>

const ofLog: readonly (readonly [name: string, help: string, read: (log: ObservedLog) => number])[] = [
  ['log_records', 'Records in the audit log.', ({ records }) => records],
  ['checkpoint_records', 'Records under the newest checkpoint of the audit log.', ({ covered }) => covered],
  [
    'checkpoint_age_seconds',
    'Since the newest checkpoint of the audit log; +Inf before the first.',
    ({ checkpointAgeSeconds = Number.POSITIVE_INFINITY }) => checkpointAgeSeconds,
  ],
  ['disk_free_bytes', 'Room on the disk of the audit log.', ({ freeBytes }) => freeBytes],
]

const logGauges = (observe: () => Observed): readonly Gauge[] =>
  ofLog.map(
    ([name, help, read]) =>
      new Gauge({
        name: `sallyport_audit_${name}`,
        help,
        registers: [],
        collect() {
          this.reset()
          const { log } = observe()
          if (log) this.set(read(log))
        },
      }),
  )
