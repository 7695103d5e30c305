import type { Command } from 'commander'
import type { Signals } from '../process/await-end.ts'
import { addKey, type AddKeyFlags, operatorKey, pepKey } from './add-key.ts'
import { addAuditCommands } from './audit-commands.ts'
import { addAuditReadCommands } from './audit-read-commands.ts'
import { checkConfigCommand, printConfigCommand, type PrintFlags, printSchemaCommand } from './config.ts'
import { type ConfigFlags, settingsHelp, withConfigFlags } from './config-flags.ts'
import { addClientCommands } from './clients/client-commands.ts'
import { doctorCommand } from './doctor/doctor-command.ts'
import { examineCommand, type ExamineFlags } from './doctor/examine-command.ts'
import type { Does } from './does.ts'
import { addExamples } from './examples.ts'
import type { InspectBundleFlags } from './inspect/bundle/inspect-bundle.ts'
import { inspectCommand } from './inspect/inspect-command.ts'
import type { InspectFlags } from './inspect/inspect.ts'
import { addCandidateCommands } from './candidate-commands.ts'
import { addRevocationCommands } from './revocation-commands.ts'
import { addAuthorCommands } from './author/author-commands.ts'
import { addDevCommands } from './dev/dev-commands.ts'
import { addHealthcheck } from './operate/add-healthcheck.ts'
import { addTop } from './operate/add-top.ts'
import { emptyProgram, runProgram } from './run-program.ts'
import { startCommand } from './start.ts'
import { startDemoCommand, type StartFlags } from './start-demo.ts'
import type { Terminal } from './terminal.ts'

/** Runs one command. Answers its exit code. */
export const main = (args: readonly string[], terminal: Terminal, signals: Signals): Promise<number> =>
  runProgram(args, (does) => createProgram(does, terminal, signals))

/** Every command, with its flags and what it does. */
export function createProgram(does: Does, terminal: Terminal, signals: Signals): Command {
  const program = emptyProgram(terminal)

  withConfigFlags(program.command('start'))
    .description('serve until told to stop: SIGTERM drains, a second one hurries, SIGHUP reloads')
    .option('--demo', 'show it on made-up services and callers, all in memory; takes --set and no configuration file')
    .action(does((flags: StartFlags) => (flags.demo ? startDemoCommand : startCommand)(flags, terminal, signals)))

  const config = program
    .command('config')
    .description('check, print and describe the configuration')
    .addHelpText('after', `\n${settingsHelp}`)
  withConfigFlags(config.command('check'))
    .description('say all that is wrong with it')
    .option('--json', 'print its digest as JSON')
    .action(does((flags: ConfigFlags & { json?: boolean }) => checkConfigCommand(flags, terminal)))
  withConfigFlags(config.command('print'))
    .description('print it as it is used')
    .option('--sources', 'say where each setting comes from')
    .action(does((flags: PrintFlags) => printConfigCommand(flags, terminal)))
  config
    .command('schema')
    .description('print the JSON Schema of the file')
    .action(does(() => printSchemaCommand(terminal)))

  const keys = [
    { noun: 'pep', who: 'an enforcement point', purpose: pepKey },
    { noun: 'operator', who: 'an operator', purpose: operatorKey },
  ]
  for (const { noun, who, purpose } of keys) {
    program
      .command(noun)
      .description(`keys of ${who.replace(/^an /, '')}s`)
      .command('add <name>')
      .description(`make a key for ${who}: prints it once, and writes its digest to a file`)
      .option('-o, --out <file>', 'the file (default: NAME.key)')
      .option('--rotate', 'add a second key to the file that is there')
      .option('--json', 'print it as JSON')
      .action(does((name: string, flags: AddKeyFlags) => addKey(name, flags, purpose, terminal)))
  }
  addAuthorCommands(program, does, terminal, signals)
  addDevCommands(program, does, terminal, signals)
  addAuditReadCommands(addAuditCommands(program, does, terminal), does, terminal, signals)
  addRevocationCommands(program, does, terminal)
  addCandidateCommands(program, does, terminal)
  addClientCommands(program, does, terminal)
  withConfigFlags(program.command('inspect [file]'))
    .description(
      'say what becomes of a bundle, or what the first gate makes of a credential, check by check; from a file or stdin',
    )
    .option('--service <name>', 'the service it is meant for (default: the only one)')
    .option('--as <place>', 'where a bare token stands: bearer, dpop, api-key or basic', 'bearer')
    .option('--request <request>', 'method and URL that a proof is for: "GET https://orders.example.org/v1/orders/42"')
    .option('--signer <file...>', 'of a bundle: the public keys (default: those that its definition names)')
    .option('--threshold <n>', 'of a bundle: how many of them must have signed (default: 1)')
    .option('--audience <name>', 'of a bundle: the audience that it must be meant for')
    .option('--entrypoint <path...>', 'of a bundle: entrypoints that it must have')
    .option('--over <bundle>', 'of a bundle: the one that is active, which no older one replaces and a delta changes')
    .option('--json', 'print the report as JSON')
    .action(
      does((file: string | undefined, flags: InspectFlags & InspectBundleFlags) =>
        inspectCommand(file, flags, terminal),
      ),
    )
  withConfigFlags(program.command('doctor'))
    .description(
      'look at what a decision point stands on: trust, certificates, bundles, Redis, clocks, disk, ports, files; or with --envoy through the configuration of a proxy for ways past it',
    )
    .option('--envoy <file>', 'a configuration of Envoy, as YAML or JSON, in place of ours')
    .option('--timeout <seconds>', 'for each kind of look (default: 10)')
    .option('--json', 'print each finding as a line of JSON')
    .action(
      does(({ envoy, ...flags }: ExamineFlags & { envoy?: string }) =>
        envoy === undefined
          ? examineCommand(flags, terminal)
          : doctorCommand({ envoy, json: flags.json === true }, terminal),
      ),
    )
  addHealthcheck(program, does, terminal)
  addTop(program, does, terminal, signals)
  addExamples(program)
  return program
}
