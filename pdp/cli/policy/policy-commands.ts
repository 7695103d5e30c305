import type { Command } from 'commander'
import type { Does } from '../does.ts'
import type { Terminal } from '../terminal.ts'
import { type TestFlags, testCommand } from './test-command.ts'

/** The commands of policy authors. Definitions of bundles are those given, or all of `bundles/` here. */
export function addPolicyCommands(program: Command, does: Does, terminal: Terminal): void {
  program
    .command('test [definitions...]')
    .description('run the tests of policies, on source and on the artefact that is built of it')
    .option('--run <regex>', 'only tests whose name matches')
    .option('--coverage', 'say which lines no test evaluates')
    .option('--format <name>', 'pretty, json, junit, tap or github (default: pretty)')
    .option('--require-artefact', 'fail where a test does not reach the artefact')
    .option('--artefact <file>', 'test this bundle in place of the one that is built')
    .action(does((definitions: string[], flags: TestFlags) => testCommand(definitions, flags, terminal)))
}
