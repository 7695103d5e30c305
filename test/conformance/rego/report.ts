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

/** The page of the documentation: the figures by folder, and why the rest does not pass. */
export function page(results: readonly CaseResult[]): string {
  const counts = countsOf(results)
  const groups = Map.groupBy(results, ({ tried }) => tried.folder.split('/').at(-1) ?? '')
  const rows = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => {
      const { passed, excepted, unsupported, failed } = countsOf(of)
      return `| ${name} | ${passed} | ${excepted} | ${unsupported} | ${failed} |`
    })
  const left = results.filter(({ verdict }) => verdict !== 'passed')
  return `<!-- Made by \`npm run docs\` from what the test suite measured. -->

# Conformance to OPA

OPA's own evaluation cases, those of the pinned version (\`rego/go.mod\`) and of both language versions, compiled by OPA
and evaluated by the policy engine: **${counts.passed} of ${results.length} pass**. \`npm run conformance\` repeats the run.

A case counts as passed only if every builtin that its policy calls exists here. Excepted are cases that OPA's own run over
WebAssembly leaves out and that do not pass here either. Three builtins are there in the run alone, since a bundle that
calls them is refused when it is loaded: \`http.send\` and \`net.lookup_ip_addr\`, because a decision makes no network
calls, and \`rego.parse_module\`, because OPA's parser is not part of the decision path.

| folder | passed | excepted | unsupported | failed |
|---|---|---|---|---|
${rows.join('\n')}
| **all** | ${counts.passed} | ${counts.excepted} | ${counts.unsupported} | ${counts.failed} |

## What does not pass

${left.map(({ tried, verdict, reason = '' }) => `- \`${tried.file}\`, case ${tried.index} (${tried.note}): ${verdict}. ${reason.split('\n')[0]}`).join('\n')}
`
}
