import { styleText } from 'node:util'
import { systemSurroundings } from '../system.ts'
import { prepareDemo } from './prepare-demo.ts'
import { runDemo } from './run-demo.ts'
import { scenario } from './scenario/scenario.ts'

// What `npm run demo` runs: ports that are free, since nobody else has to find them.
const { clock } = systemSurroundings()
const demo = prepareDemo(['listen.decisions=127.0.0.1:0', 'listen.health=127.0.0.1:0'], clock)
if (!demo.ok) throw new Error(demo.problems.map(({ at, message }) => `${at}: ${message}`).join('\n'))
const good = await runDemo(demo, {
  groups: scenario,
  clock,
  environment: process.env,
  out: (text) => process.stdout.write(text),
  say: (line) => process.stderr.write(`${line}\n`),
  paint: (style, text) => styleText(style, text, { stream: process.stdout }),
})
process.exitCode = good ? 0 : 1
