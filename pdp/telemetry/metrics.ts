import {
  collectDefaultMetrics,
  Counter,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'
import type { MetricsForm } from './metrics-form.ts'
import { gaugesOf, type Observed } from './observed-gauges.ts'
import { writeOpenMetrics } from './open-metrics.ts'
import type { SpanIds } from './traces.ts'

/** Counts what happens. Each of the counting functions returns at once: a number in memory is raised. */
export interface Metrics {
  /** `span`: in which it was made, where that is recorded. */
  decided(labels: DecisionLabels, seconds: number, span?: SpanIds): void
  /** A decision was about somebody who proved who it is, by these methods and so well. */
  proved(methods: readonly string[], level: number, effect: string): void
  /** A credential of a kind was taken that has a last day. */
  sunsetUsed(method: string): void
  /** A policy answered one question; `cache` is where the answer came from. */
  answered(cache: string): void
  requestRefused(code: string): void
  instanceReplaced(reason: string): void
  /** What became of a bundle that was offered. */
  bundleOffered(bundle: string, outcome: string): void
  recordWritten(): void
  recordsRefused(records: number): void
  /** Rules about a record failed: only what it proves was written. */
  maskFailed(): void
  redisAsked(command: string, outcome: string): void
  redisAlarm(what: string, why: string): void
  /** All metrics; absent: in the text format of Prometheus. */
  render(form?: MetricsForm): Promise<string>
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

const durations = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

/** Of assurance, as labels. */
const levels = ['0', '1', '2', '3', '4'] as const

/** Metrics of one process, in a registry of their own. */
export function createMetrics(observe: () => Observed): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const decisions = createTally(['effect', 'code', 'door', 'service'])
  const methodsSeen = createTally(['method', 'effect'])
  const levelsSeen = createTally(['level', 'effect'])
  const sunsets = createTally(['method'])
  const answers = createTally(['cache'])
  const refused = createTally(['code'])
  const replaced = createTally(['reason'])
  const offered = createTally(['bundle', 'outcome'])
  const written = createTally([])
  const notWritten = createTally([])
  const notMasked = createTally([])
  const redisCommands = createTally(['command', 'outcome'])
  const redisAlarms = createTally(['what', 'why'])
  counterOf(registry, 'decisions_total', 'Decisions by effect, code, door and service.', decisions)
  counterOf(registry, 'subject_methods_total', 'Decisions by how the caller was known: by each method.', methodsSeen)
  counterOf(registry, 'subject_assurance_total', 'Decisions by the level of assurance of the caller.', levelsSeen)
  counterOf(registry, 'sunset_credentials_total', 'Credentials taken of a kind that has a last day.', sunsets)
  counterOf(registry, 'policy_answers_total', 'Answers of policy by where they came from.', answers)
  counterOf(registry, 'requests_refused_total', 'Requests refused before a decision, by problem code.', refused)
  counterOf(registry, 'policy_instances_replaced_total', 'Policy instances replaced after a fault.', replaced)
  counterOf(registry, 'bundle_updates_total', 'Bundles that were offered, by what became of them.', offered)
  counterOf(registry, 'audit_records_total', 'Audit records written with the durability of their mode.', written)
  counterOf(registry, 'audit_refused_records_total', 'Audit records that could not be written.', notWritten)
  counterOf(registry, 'audit_mask_failed_records_total', 'Records cut to their proof, as rules failed.', notMasked)
  counterOf(registry, 'redis_commands_total', 'Commands to Redis by outcome.', redisCommands)
  counterOf(registry, 'redis_alarms_total', 'What stood in Redis and was not ours, or may be dropped.', redisAlarms)
  let observed: Observed | undefined // of one reading: every gauge tells of the same moment
  for (const gauge of gaugesOf(() => (observed ??= observe()))) registry.registerMetric(gauge)
  const readAnew = () => {
    observed = undefined
    return registry
  }
  const duration = new Histogram({
    name: 'sallyport_decision_duration_seconds',
    help: 'Time from a parsed ask to its decision.',
    buckets: durations,
    registers: [],
    enableExemplars: true, // of the one format that has them
  })
  registry.registerMetric(duration)
  return {
    decided({ effect, code, door, service }, seconds, span) {
      decisions.add([effect, code, door, service], 1)
      duration.observe(span ? { value: seconds, exemplarLabels: exemplarOf(span) } : { value: seconds })
    },
    proved(methods, level, effect) {
      for (const method of methods) methodsSeen.add([method, effect], 1)
      levelsSeen.add([levels[level] ?? 'unknown', effect], 1)
    },
    sunsetUsed: (method) => sunsets.add([method], 1),
    answered: (cache) => answers.add([cache], 1),
    requestRefused: (code) => refused.add([code], 1),
    instanceReplaced: (reason) => replaced.add([reason], 1),
    bundleOffered: (bundle, outcome) => offered.add([bundle, outcome], 1),
    recordWritten: () => written.add([], 1),
    maskFailed: () => notMasked.add([], 1),
    recordsRefused: (records) => notWritten.add([], records),
    redisAsked: (command, outcome) => redisCommands.add([command, outcome], 1),
    redisAlarm: (what, why) => redisAlarms.add([what, why], 1),
    render: async (form = 'text') =>
      form === 'text' ? readAnew().metrics() : writeOpenMetrics(await readAnew().getMetricsAsJSON()),
    snapshot: () => readAnew().getMetricsAsJSON(),
  }
}

const exemplarOf = ({ trace, span }: SpanIds) => ({ trace_id: trace, span_id: span })

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
