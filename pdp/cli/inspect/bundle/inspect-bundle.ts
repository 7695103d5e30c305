import { readFile } from 'node:fs/promises'
import type { VerificationKey } from '../../../core/key.ts'
import { instant } from '../../../core/time.ts'
import { readSignerKey } from '../../../policy/signature/read-signer-key.ts'
import { definitionSigners } from '../../author/definition-signers.ts'
import { exitCodes } from '../../exit-codes.ts'
import { readGivenFile } from '../../read-given-file.ts'
import type { Terminal } from '../../terminal.ts'
import { reportBundle } from './bundle-report.ts'
import { printBundle } from './print-bundle.ts'

/**
 * What a bundle is held to.
 *
 * - `signer`: files of public keys; those that the definition beside it names unless told. `threshold`: how many must have signed.
 * - `audience`: that it must be meant for. `entrypoint`: that it must have. `over`: the bundle that is active.
 */
export interface InspectBundleFlags {
  readonly signer?: readonly string[]
  readonly threshold?: string
  readonly audience?: string
  readonly entrypoint?: readonly string[]
  readonly over?: string
  readonly json?: boolean
}

/** `inspect` of a bundle: what loading says of it, and every check, expected against got. Exits 3 where it is refused. */
export async function inspectBundle(
  path: string,
  archive: Uint8Array,
  flags: InspectBundleFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const { threshold = '1' } = flags
  if (!/^[1-9]\d?$/.test(threshold)) {
    say('--threshold must be a number from 1 to 99')
    return exitCodes.usage
  }
  const signers = await readSigners(flags.signer ?? (await definitionSigners(path)) ?? [], say)
  const over = flags.over === undefined ? undefined : await readGivenFile(flags.over, say)
  if (!signers || (flags.over !== undefined && !over)) return exitCodes.failed
  const report = await reportBundle(archive, over, {
    signers,
    threshold: Number(threshold),
    entrypoints: flags.entrypoint ?? [],
    now: instant(Date.now()),
    ...(flags.audience !== undefined && { audience: flags.audience }),
  })
  out(flags.json === true ? `${JSON.stringify(report)}\n` : printBundle(report))
  return report.verdict === 'accepted' ? exitCodes.ok : exitCodes.invalid
}

async function readSigners(
  files: readonly string[],
  say: Terminal['say'],
): Promise<readonly VerificationKey[] | undefined> {
  const keys: VerificationKey[] = []
  for (const file of files) {
    const pem = await readFile(file, 'latin1').catch(() => '')
    const key = readSignerKey(pem)
    if (!key.ok) {
      say(`${file}: ${key.detail}`)
      return undefined
    }
    keys.push(key.value)
  }
  return keys
}
