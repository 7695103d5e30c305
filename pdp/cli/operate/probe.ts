import { addExamples } from '../examples.ts'
import { emptyProgram, runProgram } from '../run-program.ts'
import type { Terminal } from '../terminal.ts'
import { addHealthcheck } from './add-healthcheck.ts'

/** Runs `healthcheck` as the program with all commands would, without loading those. Answers its exit code. */
export const main = (args: readonly string[], terminal: Terminal): Promise<number> =>
  runProgram(args, (does) => {
    const program = emptyProgram(terminal)
    addHealthcheck(program, does, terminal)
    addExamples(program)
    return program
  })
