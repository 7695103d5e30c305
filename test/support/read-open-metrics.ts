/** One line of an exposition. */
export interface OpenSample {
  readonly family: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
    readonly at?: number
  }
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  gauge: [''],
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
}
const number = String.raw`[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf)|NaN`
const text = String.raw`"(?:[^"\\\n]|\\["n\\])*"`
const label = String.raw`[a-zA-Z_][a-zA-Z0-9_]*=${text}`
const labels = String.raw`\{(?:${label}(?:,${label})*)?\}`
const line = new RegExp(
  String.raw`^([a-zA-Z_:][a-zA-Z0-9_:]*)(${labels})? (${number})(?: # (${labels}) (${number})(?: ([0-9]+(?:\.[0-9]+)?))?)?$`,
)

/**
 * Reads an exposition as strictly as OpenMetrics 1.0 is written: each family once and in one piece, type and help before its
 * samples, suffixes of its type alone, no sample twice, buckets that grow and end with the count, exemplars only where they
 * may stand and within their bucket, and the end. Throws at the first line that is not so.
 */
export function readOpenMetrics(exposition: string): readonly OpenSample[] {
  if (!exposition.endsWith('\n# EOF\n')) throw new Error('it must end with # EOF')
  const families = new Map<string, string>()
  const seen = new Set<string>()
  const samples: OpenSample[] = []
  let family = ''
  for (const row of exposition.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${row}`)
    }
    const [, keyword, name = '', rest = ''] = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(row) ?? []
    if (keyword === 'TYPE') {
      if (families.has(name)) fail('a family twice')
      if (!Object.hasOwn(suffixes, rest)) fail('an unknown type')
      families.set((family = name), rest)
      continue
    }
    if (keyword) {
      if (name !== family || /(?:^|[^\\])(?:\\\\)*(?:"|\\[^n"\\])/.test(rest)) fail('not of the family, or not escaped')
      continue
    }
    const sample = sampleOf(row, family) ?? fail('no line of the format')
    const type = families.get(family) ?? fail('a sample without a type')
    const suffix = sample.name.slice(family.length)
    if (!sample.name.startsWith(family) || !suffixes[type]?.includes(suffix)) fail('a suffix of another type')
    const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).toSorted())}`
    if (seen.has(key)) fail('a sample twice')
    seen.add(key)
    if (type === 'counter' && !(sample.value >= 0)) fail('a counter below 0')
    if (sample.exemplar && suffix !== '_bucket' && suffix !== '_total') fail('an exemplar where none may stand')
    samples.push(sample)
  }
  for (const [name, type] of families) if (type === 'histogram') checkBuckets(samples.filter((s) => s.family === name))
  return samples
}

function sampleOf(row: string, family: string): OpenSample | undefined {
  const [whole, name, labels, value, ofExemplar, exemplar, at] = line.exec(row) ?? []
  if (whole === undefined || name === undefined) return undefined
  const found = labelsOf(ofExemplar)
  if (Object.entries(found).flat().join('').length > 128) throw new Error(`an exemplar with too much: ${row}`)
  return {
    family,
    name,
    labels: labelsOf(labels),
    value: valueOf(value),
    ...(ofExemplar && {
      exemplar: { labels: found, value: valueOf(exemplar), ...(at !== undefined && { at: Number(at) }) },
    }),
  }
}

const valueOf = (given = ''): number => Number(given.replace('Inf', 'Infinity'))

function labelsOf(given = '{}'): Record<string, string> {
  const pairs = [...given.matchAll(new RegExp(String.raw`([a-zA-Z_][a-zA-Z0-9_]*)=(${text})`, 'g'))]
  const labels = Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, JSON.parse(value) as string]))
  if (Object.keys(labels).length !== pairs.length) throw new Error(`a label twice: ${given}`)
  return labels
}

/** Canonical bounds are those of Go's `%g`, with `.0` where nothing else says that they are no integers. */
const canonical = /^(?:[0-9]+\.[0-9]+|[0-9](?:\.[0-9]+)?e[+-][0-9]{2,}|\+Inf)$/

function checkBuckets(samples: readonly OpenSample[]): void {
  const groups = Map.groupBy(samples, ({ labels: { le: _, ...others } }) => JSON.stringify(others))
  for (const group of groups.values()) {
    const buckets = group.filter(({ name, family }) => name === `${family}_bucket`)
    let below = { bound: Number.NEGATIVE_INFINITY, value: 0 }
    for (const { labels, value, exemplar } of buckets) {
      const bound = valueOf(labels['le'])
      if (!canonical.test(labels['le'] ?? '')) throw new Error(`a bound that is not canonical: ${labels['le']}`)
      if (!(bound > below.bound) || value < below.value) throw new Error(`buckets out of order at ${bound}`)
      if (exemplar && !(exemplar.value <= bound && exemplar.value > below.bound))
        throw new Error(`an exemplar of another bucket than ${bound}`)
      below = { bound, value }
    }
    const count = group.find(({ name, family }) => name === `${family}_count`)?.value
    if (below.bound !== Number.POSITIVE_INFINITY || count !== below.value) throw new Error('buckets without their end')
  }
}
