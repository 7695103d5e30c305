import type { Command } from 'commander'
import type { Signals } from '../process/await-end.ts'
import { type AuditExportFlags, auditExportCommand, exportNames } from './audit-export.ts'
import { type AuditQueryFlags, auditQueryCommand } from './audit-query.ts'
import { type AuditReplayFlags, auditReplayCommand } from './audit-replay.ts'
import { type AuditTailFlags, auditTailCommand } from './audit-tail.ts'
import type { Does } from './does.ts'
import { withFilterFlags } from './filter-flags.ts'
import { logArgument, withSourceFlags } from './open-source.ts'
import type { Terminal } from './terminal.ts'

/** Adds to `audit` the commands that read: offline, or from an administration listener that is named by its address. */
export function addAuditReadCommands(audit: Command, does: Does, terminal: Terminal, signals: Signals): void {
  const reading = (name: string) => withSourceFlags(withFilterFlags(audit.command(name).argument('<log>', logArgument)))
  reading('query')
    .description('print the records that are looked for, the oldest first')
    .option('--limit <n>', 'at most so many, the newest (default: 1000)')
    .option(
      '--index <folder>',
      'where the index is kept (default: LOG-index); it is made of the log, and may be removed',
    )
    .option('--scan', 'read all of the log, without an index')
    .option('--json', 'print the records as they stand in the log, one a line')
    .action(does((log: string, flags: AuditQueryFlags) => auditQueryCommand(log, flags, terminal)))
  reading('tail')
    .description('print records as they come, until a signal')
    .option('-n, --lines <n>', 'begin with so many that are there (default: 10)')
    .option('--json', 'print the records as they stand in the log, one a line')
    .action(does((log: string, flags: AuditTailFlags) => auditTailCommand(log, flags, terminal, signals)))
  reading('export')
    .description('print records in the form of another system, the oldest first')
    .requiredOption('--format <name>', exportNames.join(', '))
    .option('--origin <name>', 'how the log is called there (default: as its checkpoints call it)')
    .action(does((log: string, flags: AuditExportFlags) => auditExportCommand(log, flags, terminal)))
  withFilterFlags(audit.command('replay').argument('<folder>', 'the folder of a log'))
    .description('evaluate recorded decisions again with a bundle; exits 1 if any comes out otherwise')
    .requiredOption('--bundle <file>', 'the bundle: a new one, or the one that decided, which must make no difference')
    .option('--policy <name>', 'the bundle that decided, by its name in the configuration, where there are several')
    .option('--state <folder>', 'where payloads and their keys are (default: the folder above the log)')
    .option('--json', 'print the whole report as JSON')
    .action(does((log: string, flags: AuditReplayFlags) => auditReplayCommand(log, flags, terminal)))
}
