import type { Metrics, Sample } from './read-metrics.ts'

/** Two readings, so many seconds apart. */
export interface Window {
  readonly before: Metrics
  readonly after: Metrics
  readonly seconds: number
}

/** How much each sample of a counter grew. One that is smaller than before began anew, with its process. */
export function growth({ before, after }: Window, name: string): readonly Sample[] {
  const known = new Map((before.get(name) ?? []).map(({ labels, value }) => [keyOf(labels), value]))
  return (after.get(name) ?? []).map(({ labels, value }) => {
    const start = known.get(keyOf(labels)) ?? 0
    return { labels, value: value >= start ? value - start : value }
  })
}

const keyOf = (labels: Sample['labels']): string =>
  JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** The growth of a counter a second, of the samples that are wanted. */
export const rateOf = (
  window: Window,
  name: string,
  wanted: (labels: Sample['labels']) => boolean = () => true,
): number => sum(growth(window, name).filter(({ labels }) => wanted(labels))) / window.seconds

/** Growth a second for each value of a label, the greatest first; those that did not grow are left out. */
export function ratesBy(
  window: Window,
  name: string,
  by: string,
  wanted: (labels: Sample['labels']) => boolean = () => true,
): Readonly<Record<string, number>> {
  const rates = new Map<string, number>()
  for (const { labels, value } of growth(window, name)) {
    const key = labels[by] ?? ''
    if (value > 0 && wanted(labels)) rates.set(key, (rates.get(key) ?? 0) + value / window.seconds)
  }
  return Object.fromEntries([...rates].toSorted(([, a], [, b]) => b - a))
}

/**
 * A quantile of what a histogram took in between: between the bounds of its bucket in proportion, as PromQL reckons it. Of
 * the last bucket, which has no end, its beginning. Undefined where it took in nothing.
 */
export function quantileOf(window: Window, name: string, quantile: number): number | undefined {
  const buckets = growth(window, `${name}_bucket`)
    .map(({ labels, value }) => ({
      end: labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']),
      value,
    }))
    .toSorted((a, b) => a.end - b.end)
  const total = buckets.at(-1)?.value ?? 0
  if (total <= 0) return undefined
  const rank = quantile * total
  const i = buckets.findIndex(({ value }) => value >= rank)
  const [low, high] = [buckets[i - 1], buckets[i]]
  const begin = low?.end ?? 0
  if (!high || high.end === Number.POSITIVE_INFINITY) return begin
  const below = low?.value ?? 0
  return high.value === below ? begin : begin + ((high.end - begin) * (rank - below)) / (high.value - below)
}

const sum = (samples: readonly Sample[]): number => samples.reduce((total, { value }) => total + value, 0)

/** The number that a metric without labels has now; of several the sum. */
export function gaugeOf({ after }: Window, name: string): number | undefined {
  const samples = after.get(name)
  return samples && samples.length > 0 ? sum(samples) : undefined
}

/** The numbers that a metric has now, by a label. */
export const gaugesBy = ({ after }: Window, name: string, by: string): Readonly<Record<string, number>> =>
  Object.fromEntries((after.get(name) ?? []).map(({ labels, value }) => [labels[by] ?? '', value]))
