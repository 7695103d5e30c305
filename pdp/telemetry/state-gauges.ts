import { Gauge } from 'prom-client'
import type { Observed } from './observed-gauges.ts'

/** - `aggregator`: of several workers, which one's number is told. `read`: undefined where there is nothing to tell. */
interface Row {
  readonly name: string
  readonly help: string
  readonly aggregator: 'min' | 'max' | 'sum'
  readonly read: (observed: Observed) => number | undefined
}

const bit = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : value ? 1 : 0)

const rows: readonly Row[] = [
  {
    name: 'ready',
    help: 'Whether asks may be sent here, as /readyz says.',
    aggregator: 'min',
    read: ({ ready }) => bit(ready),
  },
  {
    name: 'revocation_confirmed',
    help: 'Whether nothing of what is revoked is lacking here, as far as that can be known.',
    aggregator: 'min',
    read: ({ revocation }) => bit(revocation?.confirmed),
  },
  {
    name: 'audit_writable',
    help: 'Whether the newest record could be written, and its disk has room for allows.',
    aggregator: 'min',
    read: ({ log }) => bit(log?.writable),
  },
  {
    name: 'audit_reserve_bytes',
    help: 'Room on the disk of the audit log under which nothing is allowed any more.',
    aggregator: 'max',
    read: ({ log }) => log?.reserveBytes,
  },
  {
    name: 'certificate_expires_timestamp_seconds',
    help: 'When the certificate that listeners show ends; absent without one.',
    aggregator: 'min',
    read: ({ certificate }) => certificate && certificate.ends / 1_000,
  },
  {
    name: 'certificate_lifetime_seconds',
    help: 'How long that certificate is valid in all.',
    aggregator: 'min',
    read: ({ certificate }) => certificate && (certificate.ends - certificate.begins) / 1_000,
  },
]

/** Whether it is as it should be, and the bounds that other numbers are held to. */
export const stateGauges = (observe: () => Observed): readonly Gauge[] => [
  ...rows.map(
    ({ name, help, aggregator, read }) =>
      new Gauge({
        name: `sallyport_${name}`,
        help,
        aggregator,
        registers: [],
        collect() {
          this.reset()
          const value = read(observe())
          if (value !== undefined) this.set(value)
        },
      }),
  ),
  new Gauge({
    name: 'sallyport_trust_source_max_age_seconds',
    help: 'How old the keys of a source may become; absent where they may be of any age.',
    labelNames: ['source'],
    aggregator: 'min',
    registers: [],
    collect() {
      this.reset()
      for (const { name, maxAgeSeconds: age = Number.POSITIVE_INFINITY } of observe().sources)
        if (Number.isFinite(age)) this.set({ source: name }, age)
    },
  }),
]
