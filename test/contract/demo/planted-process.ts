import { prepareDemo } from '../../../pdp/process/demo/prepare-demo.ts'
import { runDemo } from '../../../pdp/process/demo/run-demo.ts'
import type { Row } from '../../../pdp/process/demo/scenario/row.ts'
import { scenario } from '../../../pdp/process/demo/scenario/scenario.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'

// Runs the first group of the scenario, in which one row expects something else; the argument says what.
const planted: Readonly<Record<string, (expected: Row['expected']) => Row['expected']>> = {
  nothing: (expected) => expected,
  decided: (expected) => ({ ...expected, decided: 'allow' }),
  code: (expected) => ({ ...expected, code: 'EXPIRED' }),
  why: (expected) => ({ ...expected, why: 'rfc7519-4.1.4-exp' }),
}

const plant = planted[process.argv[2] ?? '']
const { clock } = systemSurroundings()
const demo = prepareDemo(['listen.decisions=127.0.0.1:0', 'listen.health=127.0.0.1:0'], clock)
const [first] = scenario
if (!plant || !demo.ok || !first) throw new Error('nothing to run')
const rows = first.rows.map((row, i) => (i === 2 ? { ...row, expected: plant(row.expected) } : row))
const good = await runDemo(demo, {
  groups: [{ ...first, rows }],
  clock,
  environment: process.env,
  out: (text) => process.stdout.write(text),
  say: (line) => process.stderr.write(`${line}\n`),
  paint: (_, text) => text,
})
process.exitCode = good ? 0 : 1
