import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { judgeLimbo, slowest } from './judge-limbo.ts'
import type { LimboCase } from './limbo-case.ts'

// npm run limbo -- FILE [--json]: runs a file of x509-limbo's format and tells which verdicts are wrong, and why.
// The last line is the totals, as JSON where that is asked for. Fails if any verdict is wrong or late.

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
const [file, more] = positionals
if (file === undefined || more !== undefined) {
  process.stderr.write('usage: npm run limbo -- FILE [--json]\n')
  process.exit(2)
}
// what is in such a file is described by its own schema
const { testcases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly testcases: readonly LimboCase[] }
const now = Date.now()
const totals = { total: testcases.length, false_accepts: 0, false_rejects: 0, hangs: 0, unsupported: 0 }
let longest = 0
for (const one of testcases) {
  const { id, outcome, verdict, cpu } = judgeLimbo(one, now)
  longest = Math.max(longest, cpu)
  if (cpu > slowest) totals.hangs++
  if (verdict === 'false-accept') totals.false_accepts++
  if (verdict === 'false-reject') totals.false_rejects++
  if (verdict === 'unsupported') totals.unsupported++
  const clause = outcome.accepted ? '' : ` ${outcome.clause}`
  if (verdict !== 'right') process.stdout.write(`${verdict} ${id}${clause}\n`)
  if (cpu > slowest) process.stdout.write(`slow ${id} ${cpu.toFixed(0)} ms\n`)
}
process.stdout.write(`longest case: ${longest.toFixed(1)} ms\n`)
const { total, false_accepts, false_rejects, hangs, unsupported } = totals
process.stdout.write(
  values.json
    ? `${JSON.stringify(totals)}\n`
    : `${total} cases: ${false_accepts} false accepts, ${false_rejects} false rejects, ${hangs} hangs, ${unsupported} unsupported\n`,
)
process.exitCode = false_accepts + false_rejects + hangs === 0 ? 0 : 1
