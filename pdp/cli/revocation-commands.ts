import type { Command } from 'commander'
import { withConfigFlags } from './config-flags.ts'
import type { Does } from './does.ts'
import { type ListFlags, listRevocationsCommand } from './list-revocations.ts'
import { liftCommand, type RevokeFlags, revokeCommand } from './revoke.ts'
import type { Terminal } from './terminal.ts'

const examples = `
Examples:
  sallyport revoke --subject spiffe://prod.example/ns/shop/sa/checkout --reason 'key was on a stolen disk'
  sallyport revoke --jti 3f9c --issuer https://login.example.org --for 1h --reason 'token was in a log'
  sallyport unrevoke --subject spiffe://prod.example/ns/shop/sa/checkout --reason 'new key is in place'
Ends with 0 when every instance has it, or will within the stated time; 1 when it is in force on the instance that was
asked and not yet safe or not yet shared, as it says; 3 when it was refused; 5 when no instance was reached.`

/** Adds the commands by which operators revoke. */
export function addRevocationCommands(program: Command, does: Does, terminal: Terminal): void {
  const withTarget = (command: Command) =>
    withAdminFlags(command)
      .requiredOption('--reason <text>', 'why, for the record')
      .option('--issuer <issuer>', 'of subject, jti, key id or serial; a SPIFFE ID has its own')
      .option('--subject <id>', 'a subject, as records show it')
      .option('--subject-prefix <path>', 'every subject at and below a path of whole segments')
      .option('--jti <id>', 'one token')
      .option('--key-id <kid>', 'a key of an issuer, by the id in the header of tokens')
      .option('--key-thumbprint <thumbprint>', 'a key, by its thumbprint')
      .option('--serial <serial>', 'a certificate, in hexadecimal digits')
      .option('--trust-domain <name>', 'a whole trust domain')
      .option('--fact <name=value>', 'whoever has this attested fact: node=worker-7')
      .option('--json', 'print the answer as JSON')
  withTarget(program.command('revoke'))
    .description('refuse a credential, key or subject from now on, on every instance')
    .option('--until <time>', 'when it ends by itself: 2026-03-02T12:00:00Z')
    .option('--for <length>', 'the same as a length of time: 90s, 15m, 24h, 7d')
    .option('--not-before <time>', 'only what was issued before this time (subjects and prefixes)')
    .addHelpText('after', examples)
    .action(does((flags: RevokeFlags) => revokeCommand(flags, terminal)))
  withTarget(program.command('unrevoke'))
    .description('end every revocation of this very target')
    .action(does((flags: RevokeFlags) => liftCommand(flags, terminal)))
  withAdminFlags(program.command('revocations'))
    .description('print what is revoked')
    .option('--json', 'print it as JSON, one revocation a line')
    .action(does((flags: ListFlags) => listRevocationsCommand(flags, terminal)))
}

/** The flags by which a command finds the administration listener. */
export const withAdminFlags = (command: Command): Command =>
  withConfigFlags(command)
    .option('--admin <where>', 'the administration listener: unix:PATH or an https URL (default: of the configuration)')
    .option('--operator-key <file>', 'the file with the key of an operator, over TCP')
    .option('--ca <file>', 'certificate authorities that the listener is checked with')
