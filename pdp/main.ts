#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { catchSignals } from './process/await-end.ts'

process.stderr.on('error', () => undefined) // who reads it may go away; serving goes on
const signals = catchSignals(process)
const args = process.argv.slice(2)
// a probe is run every few seconds, and must not take what decisions need
const { main } = args[0] === 'healthcheck' ? await import('./cli/operate/probe.ts') : await import('./cli/main.ts')
const code = await main(
  args,
  {
    out: (text) => process.stdout.write(text),
    say: (line) => process.stderr.write(`${line}\n`),
    isTerminal: process.stderr.isTTY === true,
    environment: process.env,
    randomBytes,
    ...(process.stdout.isTTY && { screen: () => ({ columns: process.stdout.columns, rows: process.stdout.rows }) }),
  },
  signals,
)
// not before what was printed is read, and not waiting for anything else
process.stdout.write('', () => process.exit(code))
