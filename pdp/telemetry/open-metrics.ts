import type { MetricsSnapshot } from './metrics.ts'

// OpenMetrics 1.0 (https://prometheus.io/docs/specs/om/open_metrics_spec/), written by code of our own: the library's way of
// writing it renames the metrics for whoever reads the other format.

/** One request that fell into a bucket. */
interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>
  readonly value: number
  /** Seconds since 1970. */
  readonly timestamp?: number
}

type Family = MetricsSnapshot[number]
/** As the library has it, whose types leave out what samples of histograms have besides. */
type Sample = Family['values'][number] & {
  readonly metricName?: string
  readonly exemplar?: Exemplar | null | undefined
}

export const openMetricsContentType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** The exposition of these metrics. */
export const writeOpenMetrics = (metrics: MetricsSnapshot): string =>
  `${metrics.map((family) => familyLines(family).join('')).join('')}# EOF\n`

function familyLines(family: Family): string[] {
  const type = String(family.type)
  const name = type === 'counter' ? family.name.replace(/_total$/, '') : family.name
  return [
    `# TYPE ${name} ${type}\n`,
    `# HELP ${name} ${escape(family.help)}\n`,
    ...family.values.map((sample) => sampleLine(sample, type, name)),
  ]
}

function sampleLine(sample: Sample, type: string, family: string): string {
  const name = type === 'counter' ? `${family}_total` : (sample.metricName ?? family)
  const { exemplar } = sample
  const seen = exemplar
    ? ` # ${labelsOf(exemplar.labelSet)} ${numberOf(exemplar.value)}${exemplar.timestamp === undefined ? '' : ` ${exemplar.timestamp}`}`
    : ''
  const labels = labelsOf(sample.labels)
  return `${name}${labels === '{}' ? '' : labels} ${numberOf(sample.value)}${seen}\n`
}

function labelsOf(labels: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${name === 'le' ? boundOf(value) : escape(String(value))}"`],
  )
  return `{${pairs.join(',')}}`
}

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const numberOf = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value < 0 ? '-Inf' : '+Inf'

/** A bound of a bucket in its canonical form: `1.0`, `0.0001`, `5e-05`, `+Inf`. */
function boundOf(bound: string | number): string {
  const value = typeof bound === 'number' ? bound : Number(bound)
  if (!Number.isFinite(value)) return '+Inf'
  if (Number.isInteger(value)) return `${value}.0`
  return value >= 1e-4 ? String(value) : value.toExponential().replace(/e-(\d)$/, 'e-0$1')
}

/** The newest exemplar of each bucket among those of several processes, beside their sums. */
export function withExemplars(sums: MetricsSnapshot, parts: readonly MetricsSnapshot[]): MetricsSnapshot {
  const newest = new Map<string, Exemplar>()
  const keyOf = ({ metricName, labels }: Sample) => `${metricName} ${labelsOf(labels)}`
  for (const sample of parts.flat().flatMap(({ values }): readonly Sample[] => values)) {
    const { exemplar } = sample
    if (!exemplar) continue
    const before = newest.get(keyOf(sample))
    if (!before || (before.timestamp ?? 0) < (exemplar.timestamp ?? 0)) newest.set(keyOf(sample), exemplar)
  }
  return sums.map((family) => ({
    ...family,
    values: family.values.map((sample) => ({ ...sample, exemplar: newest.get(keyOf(sample)) })),
  }))
}
