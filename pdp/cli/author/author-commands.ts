import type { Command } from 'commander'
import type { Signals } from '../../process/await-end.ts'
import type { Does } from '../does.ts'
import type { Terminal } from '../terminal.ts'
import { type BuildFlags, buildCommand } from './build-command.ts'
import { type BenchFlags, benchCommand } from './bench-command.ts'
import { type CheckFlags, checkCommand } from './check-command.ts'
import { diffCommand, type DiffFlags } from './diff-command.ts'
import { explainCommand, type ExplainFlags } from './explain-command.ts'
import { type FmtFlags, fmtCommand } from './fmt-command.ts'
import { initCommand, type InitFlags } from './init-command.ts'
import { type KeygenFlags, keygenCommand } from './keygen-command.ts'
import { type MutateFlags, mutateCommand } from './mutate-command.ts'
import { withAskedFlags } from './question/asked-flags.ts'
import { type SignFlags, signCommand } from './sign-command.ts'
import { type TestFlags, testCommand } from './test-command.ts'
import { validateCommand, type ValidateFlags } from './validate-command.ts'
import { type VerifyFlags, verifyCommand } from './verify-command.ts'

const questions = [
  { verb: 'check', says: 'ask a policy one question, from a file, flags or stdin; exits 2 on deny' },
  {
    verb: 'explain',
    says: 'say why a policy answers so, or answered a recorded decision, and what would have to change',
  },
] as const

/** The commands of policy authors. Definitions of bundles are those given, or all of `bundles/` here. */
export function addAuthorCommands(program: Command, does: Does, terminal: Terminal, signals: Signals): void {
  program
    .command('test [definitions...]')
    .description('run the tests of policies, on source and on the artefact that is built of it')
    .option('--run <regex>', 'only tests whose name matches')
    .option('--coverage', 'say which lines no test evaluates, and which rules of the artefact none calls')
    .option('--format <name>', 'pretty, json, junit, tap or github (default: pretty)')
    .option('--require-artefact', 'fail where a test does not reach the artefact')
    .option('--artefact <file>', 'test this bundle in place of the one that is built')
    .option('--watch', 'run them again after each change, until it is stopped')
    .option('--json', 'the same as --format json')
    .option('--mutate', 'change the policies, one thing at a time, and list the changes that no test notices')
    .option('--minimum-score <percent>', 'with --mutate: how many of the changes must be noticed (default: 100)')
    .action(
      does((definitions: string[], { mutate = false, ...flags }: TestFlags & MutateFlags & { mutate?: boolean }) =>
        mutate ? mutateCommand(definitions, flags, terminal) : testCommand(definitions, flags, terminal, signals),
      ),
    )
  program
    .command('init [folder]')
    .description('make a folder with a policy, its tests and the definition of its bundle, to begin with')
    .option('--list', 'say which templates there are')
    .option('--template <name>', 'the template (default: the name of the folder if there is one, else service)')
    .option('--json', 'print each as a line of JSON')
    .option('--envoy', 'the template envoy')
    .action(does((folder: string | undefined, flags: InitFlags) => initCommand(folder, flags, terminal)))
  program
    .command('validate [definitions...]')
    .description('compile strictly, and check every reference to the input against what a policy is given')
    .option('--json', 'print what is wrong as JSON')
    .action(does((definitions: string[], flags: ValidateFlags) => validateCommand(definitions, flags, terminal)))
  program
    .command('fmt [paths...]')
    .description('lay out Rego files as OPA does: those given, or below a folder given, or all below here')
    .option('--check', 'write nothing, and fail where a file would change')
    .option('--json', 'print each as a line of JSON')
    .action(does((paths: string[], flags: FmtFlags) => fmtCommand(paths, flags, terminal)))
  program
    .command('build [definitions...]')
    .description('compile policies into bundles; the same sources give the same bytes')
    .option('-o, --out <file>', 'the bundle (default: dist/NAME.tar.gz beside the definition)')
    .option('--check', 'write nothing, and fail where a bundle is not what its sources give')
    .option('--json', 'print each as a line of JSON')
    .action(does((definitions: string[], flags: BuildFlags) => buildCommand(definitions, flags, terminal)))
  const [check, explain] = questions.map(({ verb, says }) =>
    withAskedFlags(program.command(`${verb} [file]`))
      .description(says)
      .option('--definition <file>', 'of the bundle (default: the only one, or that of the service)')
      .option('--entrypoint <path>', 'such as orders/decision (default: the first of the bundle)')
      .option('--artefact <file>', 'ask this bundle in place of the one that is built')
      .option('--json', 'print it as JSON'),
  )
  check?.action(does((file: string | undefined, flags: CheckFlags) => checkCommand(file, flags, terminal)))
  explain
    ?.option('--log <folder>', 'of an audit log: explain a decision of it, as it was asked then')
    .option('--decision <id>', 'of that decision')
    .option('--question <n>', 'of a decision that has several (default: the first that was denied)')
    .option('--state <folder>', 'where inputs and their keys are kept (default: that above the log)')
    .action(does((file: string | undefined, flags: ExplainFlags) => explainCommand(file, flags, terminal)))
  program
    .command('diff <a> <b>')
    .description('say how two policies differ, each a definition or a bundle: rules, entrypoints, data and decisions')
    .option('--corpus <folder...>', 'examples to ask both, beside their own corpora')
    .option('--json', 'print it as JSON')
    .action(does((a: string, b: string, flags: DiffFlags) => diffCommand([a, b], flags, terminal)))
  program
    .command('bench [policy]')
    .description('say how long each stage takes, cold and warm, of a definition or a bundle')
    .option('--corpus <folder...>', 'examples to ask, beside its own corpus')
    .option('--rounds <n>', 'how many evaluations (default: 5000)')
    .option('--json', 'print it as JSON')
    .action(does((policy: string | undefined, flags: BenchFlags) => benchCommand(policy, flags, terminal)))
  program
    .command('keygen [name]')
    .description('make a key pair for signing bundles: NAME.key and NAME.pub (default: signer)')
    .option('--algorithm <alg>', 'ES256, ES384 or Ed25519 (default: ES256)')
    .option('--json', 'print each as a line of JSON')
    .action(does((name: string | undefined, flags: KeygenFlags) => keygenCommand(name ?? 'signer', flags, terminal)))
  program
    .command('sign [bundles...]')
    .description('sign bundles in place: those given, or all of bundles/dist')
    .option('--key <file>', 'the private key', 'signer.key')
    .option('--algorithm <alg>', 'one of the key, such as PS256 of an RSA key (default: its first)')
    .option('--sequence <n>', 'the place among the bundles of this name: a lower one is refused after it')
    .option('--expires <when>', 'from when on it must not decide: 30d, 12h, 90m or 2027-01-31T00:00:00Z')
    .option('--audience <name...>', 'for which decision points it is meant')
    .option('--base <n>', 'of a delta: the sequence of the bundle that it changes')
    .option('--cosign', 'add a signature to the one that is there, of the same statement')
    .option('-o, --out <file>', 'write the signed bundle there instead')
    .option('--json', 'print each as a line of JSON')
    .action(does((paths: string[], flags: SignFlags) => signCommand(paths, flags, terminal)))
  program
    .command('verify [bundles...]')
    .description('check that bundles are whole and of their signer: those given, or all of bundles/dist')
    .option('--signer <file...>', 'the public keys (default: those the definition names, or signer.pub)')
    .option('--threshold <n>', 'how many of them must have signed (default: 1)')
    .option('--audience <name>', 'the audience that it must be meant for')
    .option('--json', 'print each as a line of JSON')
    .action(does((paths: string[], flags: VerifyFlags) => verifyCommand(paths, flags, terminal)))
}
