#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { main } from './cli/main.ts'
import { catchSignals } from './process/await-end.ts'

process.stderr.on('error', () => undefined) // who reads it may go away; serving goes on
const signals = catchSignals(process)
const code = await main(
  process.argv.slice(2),
  {
    out: (text) => process.stdout.write(text),
    say: (line) => process.stderr.write(`${line}\n`),
    environment: process.env,
    randomBytes,
  },
  signals,
)
// not before what was printed is read, and not waiting for anything else
process.stdout.write('', () => process.exit(code))
