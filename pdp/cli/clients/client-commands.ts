import type { Command } from 'commander'
import { clientMethods } from '../../core/client.ts'
import { type ConfigFlags, withConfigFlags } from '../config-flags.ts'
import type { Does } from '../does.ts'
import type { Terminal } from '../terminal.ts'
import {
  addClientCommand,
  type AddClientFlags,
  listClientsCommand,
  type ListFlags,
  setClientCommand,
} from './clients.ts'
import {
  createKeyCommand,
  type CreateKeyFlags,
  listKeysCommand,
  revokeKeyCommand,
  rotateKeyCommand,
  type RotateKeyFlags,
} from './keys.ts'

/** Adds the commands by which operators keep the registry of clients. */
export function addClientCommands(program: Command, does: Does, terminal: Terminal): void {
  const clients = program.command('clients').description('the clients that are registered here')
  withConfigFlags(clients.command('list'))
    .description('print them, one a line')
    .option('--json', 'as JSON')
    .action(does((flags: ListFlags) => listClientsCommand(flags, terminal)))
  withConfigFlags(clients.command('add <id>'))
    .description('register a client')
    .requiredOption('--service <name...>', 'what its credentials are good for')
    .option('--scope <scope...>', 'what it is registered for, as policy sees it')
    .option('--range <cidr...>', 'where it may call from: 10.20.0.0/16')
    .option('--environment <name>', 'a fact about it')
    .option('--expires-at <time>', 'when its registration ends: 2027-03-01')
    .option('--assurance-max <level>', 'no level of assurance above this one, 0 to 4')
    .action(does((id: string, flags: AddClientFlags) => addClientCommand(id, flags, terminal)))
  for (const [verb, status] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const) {
    withConfigFlags(clients.command(`${verb} <id>`))
      .description(`${verb} a client with all its credentials`)
      .action(does((id: string, flags: ConfigFlags) => setClientCommand(id, status, flags, terminal)))
  }
  addKeyCommands(program, does, terminal)
}

function addKeyCommands(program: Command, does: Does, terminal: Terminal): void {
  const keys = program.command('keys').description('the credentials of registered clients')
  const expiresIn = ['--expires-in <length>', 'how long the new one is good: 90d, 12h', '90d'] as const
  const publicKey = ['--public-key <file>', 'the public half, in PEM, of a key that signs'] as const
  withConfigFlags(keys.command('create <client>'))
    .description('make a credential; what its client needs is printed once, on stdout')
    .option('--method <kind>', clientMethods.join(', '), 'api-key')
    .option(...expiresIn)
    .option(...publicKey)
    .option('--name <name>', 'ACCOUNT.USER, of key-pair-jwt')
    .option('--time-unit <unit>', 'of the dates in tokens of key-pair-jwt: s or ms', 's')
    .option('--secret-from <file>', 'of client-secret: a secret that a person chose; only its slow hash is kept')
    .action(does((id: string, flags: CreateKeyFlags) => createKeyCommand(id, flags, terminal)))
  withConfigFlags(keys.command('list [client]'))
    .description('print credentials, one a line, without anything secret')
    .option('--json', 'as JSON')
    .action(does((id: string | undefined, flags: ListFlags) => listKeysCommand(id, flags, terminal)))
  withConfigFlags(keys.command('rotate <key-id>'))
    .description('make a second one beside it, and let the first end after the overlap')
    .option(...expiresIn)
    .option('--overlap <length>', 'how long both are good', '7d')
    .option(...publicKey)
    .action(does((id: string, flags: RotateKeyFlags) => rotateKeyCommand(id, flags, terminal)))
  withConfigFlags(keys.command('revoke <key-id>'))
    .description('refuse a credential from now on')
    .action(does((id: string, flags: ConfigFlags) => revokeKeyCommand(id, flags, terminal)))
}
