import type { VerificationKey } from '../../core/key.ts'
import { instant } from '../../core/time.ts'
import { openBundle } from '../../policy/load-bundle.ts'
import { readSignerKey } from '../../policy/signature/read-signer-key.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGivenFile } from '../read-given-file.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { definitionSigners } from './definition-signers.ts'
import { forEachBundle } from './find-bundles.ts'

/**
 * `signer`: files of the public keys that may have signed; those that the definition names unless told, else
 * `signer.pub`. `threshold`: how many of them must have. `audience`: of the decision point that is to load it.
 */
export interface VerifyFlags {
  readonly signer?: readonly string[]
  readonly threshold?: string
  readonly audience?: string
  readonly json?: boolean
}

/** `verify`: checks the signature of bundles, those given or all of `bundles/dist`, as loading does, and nothing else. */
export async function verifyCommand(
  given: readonly string[],
  flags: VerifyFlags,
  terminal: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  if (flags.threshold !== undefined && !/^[1-9]\d?$/.test(flags.threshold)) {
    terminal.say('--threshold must be a number from 1 to 99')
    return exitCodes.usage
  }
  return forEachBundle(given, terminal, (path) => verifyOne(path, flags, terminal))
}

async function verifyOne(
  path: string,
  { signer, threshold = '1', audience, json }: VerifyFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const keys: VerificationKey[] = []
  for (const file of signer ?? (await definitionSigners(path)) ?? ['signer.pub']) {
    const pem = await readGivenFile(file, say)
    if (!pem) return exitCodes.failed
    const key = readSignerKey(pem.toString('latin1'))
    if (!key.ok) {
      say(`${file}: ${key.detail}`)
      return exitCodes.invalid
    }
    keys.push(key.value)
  }
  const archive = await readGivenFile(path, say)
  if (!archive) return exitCodes.failed
  const now = instant(Date.now())
  const opened = await openBundle(archive, {
    signer: keys,
    threshold: Number(threshold),
    statement: { now, ...(audience !== undefined && { audience }) },
  })
  if (!opened.ok) {
    say(`${path}: ${opened.detail} (${opened.clause})`)
    return exitCodes.invalid
  }
  const signers = opened.value.signed?.signers ?? []
  printRow(out, json, { file: path, signers }, signers.join(' '))
  return exitCodes.ok
}
