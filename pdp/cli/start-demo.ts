import { awaitEnd, type Signals } from '../process/await-end.ts'
import { prepareDemo } from '../process/demo/prepare-demo.ts'
import { startDemo } from '../process/demo/start-demo.ts'
import { welcome } from '../process/demo/welcome.ts'
import { systemSurroundings } from '../process/system.ts'
import { type ConfigFlags, sayProblems } from './config-flags.ts'
import { exitCodes } from './exit-codes.ts'
import { logForPeople } from '../process/process-log.ts'
import type { Terminal } from './terminal.ts'

/** The flags of `start`. */
export interface StartFlags extends ConfigFlags {
  readonly demo?: true
}

/** `start --demo`: serves made-up services to made-up callers until told to stop, and prints calls to paste. */
export async function startDemoCommand(
  { config, set = [] }: StartFlags,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const { environment, say, out } = terminal
  if (config !== undefined) {
    say('--demo: brings a configuration of its own: leave out --config')
    return exitCodes.usage
  }
  const { clock } = systemSurroundings()
  const demo = prepareDemo(set, clock)
  if (!demo.ok) {
    sayProblems(demo.problems, terminal)
    return exitCodes.invalid
  }
  try {
    let tell: (line: string) => void = () => undefined // the record of the start comes before the welcome
    const running = await startDemo(demo, { environment, say, recordKept: (line) => tell(line) })
    out(welcome(demo.world, running.urls, clock()))
    tell = (line) => out(`${line}\n`)
    const clean = await awaitEnd({ running, signals, next: async () => demo.config, log: logForPeople(say) })
    return clean ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    say(error instanceof Error ? error.message : 'cannot be started: an unknown fault')
    return exitCodes.invalid
  }
}
