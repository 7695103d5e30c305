import type { Command } from 'commander'
import { withConfigFlags } from '../config-flags.ts'
import type { Does } from '../does.ts'
import type { Terminal } from '../terminal.ts'
import { type HealthcheckFlags, healthcheckCommand } from './healthcheck.ts'

/** Gives a command the flag that says where the health listener is. */
export const withUrlFlag = (command: Command): Command =>
  command.option('--url <url>', 'the health listener: http://HOST:PORT or unix:PATH (default: of the configuration)')

/** `healthcheck`, alone: a probe is run often, and need not load the other commands. */
export function addHealthcheck(program: Command, does: Does, terminal: Terminal): void {
  withUrlFlag(withConfigFlags(program.command('healthcheck')))
    .description('say by the exit code whether a running decision point may be sent asks; for probes of containers')
    .option('--ready', 'whether it may be sent asks (the default)')
    .option('--live', 'whether it answers at all')
    .option('--timeout <ms>', 'how long to wait for the answer (default: 2000)')
    .option('--json', 'print the line as JSON')
    .action(does((flags: HealthcheckFlags) => healthcheckCommand(flags, terminal)))
}
