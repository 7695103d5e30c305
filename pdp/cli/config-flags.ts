import { access } from 'node:fs/promises'
import type { Command } from 'commander'
import type { ConfigInputs, LoadResult } from '../config/load-config.ts'
import type { ConfigProblem } from '../config/config-problem.ts'
import type { Terminal } from './terminal.ts'

/** The flags by which a command is told its configuration. */
export interface ConfigFlags {
  readonly config?: string
  readonly set?: readonly string[]
}

const usual = 'sallyport.yaml'

/** Gives a command the flags that say where its configuration is. */
export const withConfigFlags = (command: Command): Command =>
  command
    .option('-c, --config <file>', `the configuration file (default: $SALLYPORT_CONFIG, or ${usual} here)`)
    .option('--set <path=value...>', 'a setting that wins over environment and file: listen.decisions=127.0.0.1:8080')

/** How settings get in besides the file. */
export const settingsHelp = `Flags win over the environment, that over the file, that over defaults.
A variable is SALLYPORT_ and the path in upper case, with __ between names and _ for a dash; its value is YAML:
  SALLYPORT_LISTEN__DECISIONS=127.0.0.1:8080
  SALLYPORT_PEPS__ORDERS_API='{ bearer: file:/etc/sallyport/orders-api.key }'`

/** The file that has the configuration; undefined where there is none. */
export async function findConfigFile(
  flags: ConfigFlags,
  { environment }: Pick<Terminal, 'environment'>,
): Promise<string | undefined> {
  const given = flags.config ?? environment['SALLYPORT_CONFIG']
  const here = await access(usual).then(
    () => usual,
    () => undefined,
  )
  return given ?? here
}

/** Where the configuration comes from; undefined where there is none. */
export async function findConfig(flags: ConfigFlags, { environment }: Terminal): Promise<ConfigInputs | undefined> {
  const file = await findConfigFile(flags, { environment })
  return file === undefined ? undefined : { file, environment, flags: flags.set ?? [] }
}

/** Said where there is no configuration at all. */
const noConfig = 'no configuration: name one with --config FILE, or try it with: sallyport start --demo'

/** Reads the configuration that the flags name. */
export async function loadFlags(flags: ConfigFlags, terminal: Terminal): Promise<LoadResult> {
  const inputs = await findConfig(flags, terminal)
  if (!inputs) return { ok: false, problems: [{ at: '', message: noConfig }] }
  const { loadConfig } = await import('../config/load-config.ts') // not for commands that only have the flags
  return loadConfig(inputs)
}

/** Tells problems, one line each. */
export function sayProblems(problems: readonly ConfigProblem[], { say }: Terminal): void {
  for (const { at, message } of problems) say(at === '' ? message : `${at}: ${message}`)
}
