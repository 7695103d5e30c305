import { Counter, Gauge } from 'prom-client'

/** Who gets the log, as they are when somebody asks for metrics. */
export interface ObservedTrail {
  /** Of each sink: what it does not have yet, and since when; what it took and did not; when it took something last. */
  readonly sinks?: readonly {
    readonly name: string
    readonly behindRecords: number
    readonly behindSeconds: number
    readonly delivered: number
    readonly errors: number
    readonly deliveredAtMs?: number
  }[]
  /** Records under the newest checkpoint that a quorum of witnesses cosigned, and since when. */
  readonly witnessed?: { readonly records: number; readonly ageSeconds?: number }
  /** The newest checkpoint: the name of the log, and the first 48 bits of its root as a number. */
  readonly checkpoint?: { readonly log: string; readonly root: number }
}

type Sink = NonNullable<ObservedTrail['sinks']>[number]

/** Metrics that look when they are read; none is registered yet. */
export function trailMetricsOf(observe: () => ObservedTrail): readonly (Gauge | Counter)[] {
  const ofSink = (name: string, help: string, read: (sink: Sink) => number | undefined, aggregator: 'sum' | 'min') =>
    new Gauge({
      name: `sallyport_audit_sink_${name}`,
      help,
      labelNames: ['sink'],
      aggregator, // over workers
      registers: [],
      collect() {
        this.reset()
        for (const sink of observe().sinks ?? []) {
          const value = read(sink)
          if (value !== undefined) this.set({ sink: sink.name }, value)
        }
      },
    })
  const countOf = (name: string, help: string, read: (sink: Sink) => number) =>
    new Counter({
      name: `sallyport_audit_sink_${name}_total`,
      help,
      labelNames: ['sink'],
      registers: [],
      collect() {
        this.reset()
        for (const sink of observe().sinks ?? []) this.inc({ sink: sink.name }, read(sink))
      },
    })
  const ofWitnesses = (name: string, help: string, read: (seen: NonNullable<ObservedTrail['witnessed']>) => number) =>
    new Gauge({
      name: `sallyport_audit_witnessed_${name}`,
      help,
      aggregator: name === 'records' ? 'sum' : 'max',
      registers: [],
      collect() {
        this.reset()
        const { witnessed } = observe()
        if (witnessed) this.set(read(witnessed))
      },
    })
  return [
    ofSink('lag_records', 'Records under a checkpoint that a sink does not have yet.', (s) => s.behindRecords, 'sum'),
    ofSink('lag_seconds', 'For how long there is something that a sink does not have.', (s) => s.behindSeconds, 'sum'),
    countOf('delivered_records', 'Records that a sink took.', (s) => s.delivered),
    countOf('errors', 'Deliveries to a sink that failed.', (s) => s.errors),
    ofSink(
      'last_success_timestamp_seconds',
      'When a sink took something last; absent before the first time.',
      ({ deliveredAtMs: at }) => (at === undefined ? undefined : at / 1000),
      'min',
    ),
    ofWitnesses(
      'records',
      'Records under the newest checkpoint that a quorum of witnesses cosigned.',
      (w) => w.records,
    ),
    ofWitnesses(
      'age_seconds',
      'Since that checkpoint was cosigned; +Inf before the first.',
      ({ ageSeconds = Number.POSITIVE_INFINITY }) => ageSeconds,
    ),
    new Gauge({
      name: 'sallyport_audit_checkpoint_root',
      help: 'The first 48 bits of the root under the newest checkpoint of the audit log, as a number.',
      labelNames: ['log'],
      registers: [],
      collect() {
        this.reset()
        const { checkpoint } = observe()
        if (checkpoint) this.set({ log: checkpoint.log }, checkpoint.root)
      },
    }),
  ]
}
