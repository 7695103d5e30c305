import { main } from '../../../pdp/cli/main.ts'
import { catchSignals } from '../../../pdp/process/await-end.ts'
import { EventEmitter } from 'node:events'

/** Runs a command in this process; for those that end by themselves. */
export async function command(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  let out = ''
  let said = ''
  const code = await main(
    args,
    {
      out: (text) => (out += text),
      say: (line) => (said += `${line}\n`),
      environment,
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    catchSignals(new EventEmitter()),
  )
  return { code, out, said }
}
