import type { Command } from 'commander'
import { type AuditCheckFlags, auditCheckCommand } from './audit-check.ts'
import { auditConsistencyCommand } from './audit-consistency.ts'
import { type AuditDiscloseFlags, auditDiscloseCommand } from './audit-disclose.ts'
import { auditHealCommand } from './audit-heal.ts'
import { type AuditProveFlags, auditProveCommand } from './audit-prove.ts'
import { auditRotateKeyCommand } from './audit-rotate-key.ts'
import { type AuditVerifyFlags, auditVerifyCommand } from './audit-verify.ts'
import type { Does } from './does.ts'
import type { Terminal } from './terminal.ts'

/** Adds `audit`, with the commands that verify and prove: all work offline, on the folder of a log or a copy of it. */
export function addAuditCommands(program: Command, does: Does, terminal: Terminal): Command {
  const audit = program.command('audit').description('verify the audit log, prove and read what is in it')
  const policy = ['--policy <file>', 'witnesses that must have cosigned it (C2SP tlog-policy)'] as const
  const witnessed = ['--witnessed', 'under the newest checkpoint that witnesses cosigned'] as const
  const vkey = ['--vkey <key>', 'the key of the log, or a file with it'] as const
  audit
    .command('verify <folder>')
    .description(
      'verify every byte of a log; exits 2 if it was tampered with, 3 if it is incomplete, 4 for a wrong key',
    )
    .requiredOption(...vkey)
    .option(...policy)
    .option('--since <file>', 'a checkpoint that was saved before: the log must begin with what it covers')
    .option('--json', 'print the whole report as JSON')
    .action(does((folder: string, flags: AuditVerifyFlags) => auditVerifyCommand(folder, flags, terminal)))
  audit
    .command('heal <folder>')
    .description('make tiles of the tree again that are missing or damaged, of the lines that were signed for')
    .requiredOption(...vkey)
    .option('--json', 'print each tile as a line of JSON')
    .action(
      does((folder: string, flags: { vkey: string; json?: boolean }) => auditHealCommand(folder, flags, terminal)),
    )
  audit
    .command('rotate-key <state>')
    .description('make the key that signs checkpoints from the next start on, in the folder of state')
    .action(does(async (state: string) => auditRotateKeyCommand(state, terminal)))
  audit
    .command('prove <folder> <record>')
    .description('print the proof that a record, named by id or number, is in the log (C2SP tlog-proof)')
    .requiredOption(...vkey)
    .option('--record', 'print the record instead')
    .option(...witnessed)
    .action(
      does((folder: string, record: string, flags: AuditProveFlags) =>
        auditProveCommand(folder, record, flags, terminal),
      ),
    )
  audit
    .command('check <proof> [record]')
    .description('check the proof of a record, or one file that `audit disclose` made; no log is needed')
    .requiredOption(...vkey)
    .option(...policy)
    .action(
      does((proof: string, record: string | undefined, flags: AuditCheckFlags) =>
        auditCheckCommand(proof, record, flags, terminal),
      ),
    )
  audit
    .command('disclose <folder> <record> <field>')
    .description(
      'print what shows one value that a record commits to; the field is a JSON pointer, such as /subject/id',
    )
    .requiredOption(...vkey)
    .option('--value <json>', 'the value (default: the one that is kept for replay)')
    .option(...witnessed)
    .option('--state <folder>', 'the folder of state (default: that above the log)')
    .option('--secret <file...>', "the fleet's secrets, where one has them in place of its own")
    .action(
      does((folder: string, record: string, field: string, flags: AuditDiscloseFlags) =>
        auditDiscloseCommand(folder, record, field, flags, terminal),
      ),
    )
  audit
    .command('consistency <folder> <before> [after]')
    .description('check that the log under one checkpoint begins with the log under an earlier one')
    .requiredOption(...vkey)
    .action(
      does((folder: string, before: string, after: string | undefined, flags: { vkey: string }) =>
        auditConsistencyCommand(folder, before, after, flags, terminal),
      ),
    )
  return audit
}
