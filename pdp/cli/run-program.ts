import { Command, CommanderError } from 'commander'
import type { Does } from './does.ts'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** A program without commands yet. What it says of itself goes to the terminal; it never ends the process. */
export const emptyProgram = (terminal: Terminal): Command =>
  new Command('sallyport')
    .description('A policy decision point for workloads: proves who is calling, then decides what that caller may do.')
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: (text) => terminal.say(text.trimEnd()) })

/** Runs the command that `args` name. Answers its exit code. */
export async function runProgram(args: readonly string[], create: (does: Does) => Command): Promise<number> {
  let code: number = exitCodes.ok
  const does: Does =
    (act) =>
    async (...given) => {
      code = await act(...given)
    }
  try {
    await create(does).parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    throw error
  }
}
