/** One number of a metric, with its labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What was told at once, by the names of metrics. */
export type Metrics = ReadonlyMap<string, readonly Sample[]>

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g

/** Reads the text format of Prometheus. What is no sample is passed over. */
export function readMetrics(text: string): Metrics {
  const found = new Map<string, Sample[]>()
  for (const each of text.split('\n')) {
    const [, name, labels = '', number = ''] = line.exec(each) ?? []
    if (name === undefined) continue
    const samples = found.get(name) ?? []
    samples.push({ labels: labelsOf(labels), value: numberOf(number) })
    found.set(name, samples)
  }
  return found
}

const labelsOf = (text: string): Sample['labels'] =>
  Object.fromEntries([...text.matchAll(label)].map(([, name = '', value = '']) => [name, unescaped(value)]))

const unescaped = (value: string): string =>
  value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))

const infinite: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
}

const numberOf = (text: string): number => infinite[text] ?? Number(text)
