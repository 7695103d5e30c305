// npm run conformance [-- --json]: OPA's own evaluation cases on the engine of the product, folder by folder. Ends with
// an error where a case failed or needs a builtin that does not exist.
import { buildCorpus } from './corpus.ts'
import { harnessBuiltins } from './harness-builtins.ts'
import { countsOf, misses, table } from './report.ts'
import { type CaseResult, runCases } from './run.ts'

const json = process.argv.includes('--json')
const start = performance.now()
await buildCorpus()
const compiled = performance.now()
const results: CaseResult[] = []
for await (const result of runCases({ builtins: harnessBuiltins })) results.push(result)
const counts = countsOf(results)
if (json) {
  for (const { tried, verdict, reason } of results)
    if (verdict !== 'passed')
      console.log(JSON.stringify({ file: tried.file, index: tried.index, note: tried.note, verdict, reason }))
  console.log(JSON.stringify({ total: results.length, ...counts }))
} else {
  console.log(`${misses(results)}\n\n${table(results)}`)
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1)
  console.log(
    `${results.length} cases: compiled in ${seconds(start, compiled)} s, run in ${seconds(compiled, performance.now())} s`,
  )
}
if (counts.failed + counts.unsupported > 0) process.exitCode = 1
