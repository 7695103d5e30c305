import type { Command } from 'commander'
import type { Signals } from '../../process/await-end.ts'
import { credentialMethods } from '../../process/dev/credential-methods.ts'
import { withConfigFlags } from '../config-flags.ts'
import type { Does } from '../does.ts'
import type { Terminal } from '../terminal.ts'
import { type CallFlags, callCommand } from './call-command.ts'
import { devCommand, type DevCommandFlags } from './dev-command.ts'
import { type MintCommandFlags, mintCommand } from './mint-command.ts'
import type { DevFlags } from './open-dev.ts'
import { runCommand } from './run-command.ts'

/** The commands of whoever writes a service: a decision point over the policies here, and callers of it. */
export function addDevCommands(program: Command, does: Does, terminal: Terminal, signals: Signals): void {
  withDevFlags(program.command('dev'))
    .description('serve the policies here with keys made for it, and take each change of them at once')
    .option('--listen <address>', 'where decisions are made (default: 127.0.0.1:7070)')
    .option('--json', 'print where it answers as JSON')
    .action(does((flags: DevCommandFlags) => devCommand(flags, terminal, signals)))
  withDevFlags(program.command('run <command...>'))
    .description('run a command with a decision point beside it; it ends as the command does')
    .action(does((command: string[], flags: DevFlags) => runCommand(command, flags, terminal, signals)))
  withMintFlags(program.command('call <method> <url>'))
    .description('call a service as somebody, with credentials that `dev` or `run` takes')
    .option('--url <url>', 'what the service calls its own URL (default: its first origin, and the path of the call)')
    .option('--data <body>', 'the body of the request')
    .option('--header <header...>', 'further headers, such as "content-type: application/json"')
    .action(does((method: string, url: string, flags: CallFlags) => callCommand(method, url, flags, terminal)))
  withMintFlags(program.command('mint'))
    .description('print the headers by which a caller is known to `dev` or `run`')
    .option('--request <request>', 'that a proof is for: "GET https://orders.example.org/v1/orders/42"')
    .action(does((flags: MintCommandFlags) => mintCommand(flags, terminal)))
}

const withDevFlags = (command: Command): Command =>
  withConfigFlags(command).option(
    '--environment <name>',
    'of services and callers where nothing is configured (default: production)',
  )

const withMintFlags = (command: Command): Command =>
  command
    .requiredOption('--as <caller>', 'NAME, NAMESPACE/NAME or a SPIFFE ID')
    .option('--method <name>', `how it shows who it is: ${Object.keys(credentialMethods).join(', ')}`, 'bearer')
    .option('--service <name>', 'the service that it is meant for (default: the only one)')
    .option('--fact <name=value...>', 'facts about the caller that its name does not say')
    .option('--claim <name=value...>', 'further claims of its token')
    .option('--dev <file>', 'that `dev` wrote (default: $SALLYPORT_DEV, or .sallyport/dev.json here)')
    .option('--json', 'print it as JSON')
