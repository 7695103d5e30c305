import type { Command } from 'commander'
import type { Signals } from '../../process/await-end.ts'
import { withConfigFlags } from '../config-flags.ts'
import type { Does } from '../does.ts'
import type { Terminal } from '../terminal.ts'
import { withUrlFlag } from './add-healthcheck.ts'
import { type TopFlags, topCommand } from './top/top-command.ts'

/** `top`. */
export function addTop(program: Command, does: Does, terminal: Terminal, signals: Signals): void {
  withUrlFlag(withConfigFlags(program.command('top')))
    .description('show what a running decision point does now: rates, latency, cache, audit, policy, Redis')
    .option('--interval <seconds>', 'between two looks (default: 2)')
    .option('--once', 'one interval, printed as lines')
    .option('--json', 'a line of JSON for each interval')
    .action(does((flags: TopFlags) => topCommand(flags, terminal, signals)))
}
