import type { CaseResult, Verdict } from './run.ts'

export type Counts = Readonly<Record<Verdict, number>>

/** How many of the cases came to which end. */
export function countsOf(results: readonly CaseResult[]): Counts {
  const of = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length
  return { passed: of('passed'), excepted: of('excepted'), unsupported: of('unsupported'), failed: of('failed') }
}

/** The table by folder, then the total. */
export function table(results: readonly CaseResult[]): string {
  const groups = Map.groupBy(results, ({ tried }) => tried.folder)
  const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, of]) => [folder, countsOf(of)] as const)
  return [
    ['folder', 'passed', 'excepted', 'unsupported', 'failed'],
    ...rows.map(cells),
    cells(['total', countsOf(results)]),
  ]
    .map(([name = '', ...numbers]) => name.padEnd(42) + numbers.map((number) => number.padStart(12)).join(''))
    .join('\n')
}

const cells = ([name, counts]: readonly [string, Counts]): readonly string[] => [
  name,
  ...[counts.passed, counts.excepted, counts.unsupported, counts.failed].map(String),
]

/** One line for each case that did not pass. */
export const misses = (results: readonly CaseResult[]): string =>
  results
    .filter(({ verdict }) => verdict !== 'passed')
    .map(({ tried, verdict, reason = '' }) => `${verdict} ${tried.file}#${tried.index} (${tried.note}): ${cut(reason)}`)
    .join('\n')

const cut = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text)
