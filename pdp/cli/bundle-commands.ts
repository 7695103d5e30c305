import type { Command } from 'commander'
import { type BuildBundleFlags, buildBundleCommand } from './build-bundle-file.ts'
import { type KeygenBundleFlags, keygenBundleCommand } from './keygen-bundle.ts'
import { type SignBundleFlags, signBundleCommand } from './sign-bundle.ts'
import type { Does } from './does.ts'
import type { Terminal } from './terminal.ts'
import { type VerifyBundleFlags, verifyBundleCommand } from './verify-bundle.ts'

/** `sallyport bundle …`: from Rego to a signed archive. */
export function addBundleCommands(program: Command, does: Does, terminal: Terminal): void {
  const bundle = program.command('bundle').description('build, sign and verify bundles of policy')
  bundle
    .command('build <definition>')
    .description('compile the policies that a definition names into a bundle')
    .option('-o, --out <file>', 'the bundle (default: NAME.tar.gz)')
    .action(does((definition: string, flags: BuildBundleFlags) => buildBundleCommand(definition, flags, terminal)))
  bundle
    .command('keygen <name>')
    .description('make a key pair for signing: NAME.key and NAME.pub')
    .option('--algorithm <alg>', 'ES256, ES384 or Ed25519 (default: ES256)')
    .action(does((name: string, flags: KeygenBundleFlags) => keygenBundleCommand(name, flags, terminal)))
  bundle
    .command('sign <bundle>')
    .description('sign a bundle in place')
    .requiredOption('--key <file>', 'the private key')
    .option('-o, --out <file>', 'write the signed bundle there instead')
    .action(does((path: string, flags: SignBundleFlags) => signBundleCommand(path, flags, terminal)))
  bundle
    .command('verify <bundle>')
    .description('check that a bundle is whole and of its signer')
    .requiredOption('--signer <file>', 'the public key')
    .action(does((path: string, flags: VerifyBundleFlags) => verifyBundleCommand(path, flags, terminal)))
}
