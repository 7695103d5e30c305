import { configDigest } from '../config/config-digest.ts'
import { printConfig, printSources } from '../config/print-config.ts'
import { configJsonSchema } from '../config/schema.ts'
import { startRefusals } from '../process/start-refusals.ts'
import { type ConfigFlags, loadFlags, sayProblems } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { printRow } from './print-row.ts'
import type { Terminal } from './terminal.ts'

/** `config check`: all that is wrong with a configuration, or the digest of one that can be started. */
export async function checkConfigCommand(
  { json, ...flags }: ConfigFlags & { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const loaded = await loadFlags(flags, terminal)
  const problems = loaded.ok
    ? startRefusals(loaded.config, { demo: false, environment: terminal.environment })
    : loaded.problems
  sayProblems(problems, terminal)
  if (!loaded.ok || problems.length > 0) return exitCodes.invalid
  const digest = configDigest(loaded.config)
  printRow(terminal.out, json, { digest }, `ok ${digest}`)
  return exitCodes.ok
}

/** The flags of `config print`. */
export interface PrintFlags extends ConfigFlags {
  readonly sources?: boolean
}

/** `config print`: the configuration as it is used; with `sources`, who said each setting. */
export async function printConfigCommand(
  { sources = false, ...flags }: PrintFlags,
  terminal: Terminal,
): Promise<number> {
  const loaded = await loadFlags(flags, terminal)
  if (!loaded.ok) {
    sayProblems(loaded.problems, terminal)
    return exitCodes.invalid
  }
  terminal.out(sources ? printSources(loaded) : printConfig(loaded))
  return exitCodes.ok
}

/** `config schema`: the JSON Schema of the file, for editors. */
export function printSchemaCommand({ out }: Terminal): number {
  out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
  return exitCodes.ok
}
