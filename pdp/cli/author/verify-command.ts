import { readSignerKey } from '../../policy/signature/read-signer-key.ts'
import { verifyFiles } from '../../policy/signature/verify-files.ts'
import { unpackBundle } from '../../policy/unpack-bundle.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGivenFile } from '../read-given-file.ts'
import type { Terminal } from '../terminal.ts'
import { forEachBundle } from './find-bundles.ts'

/** `signer`: the file of the public key that must have signed. */
export interface VerifyFlags {
  readonly signer: string
}

/** `verify`: checks the signature of bundles, those given or all of `bundles/dist`, as loading does, and nothing else. */
export async function verifyCommand(
  given: readonly string[],
  flags: VerifyFlags,
  terminal: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  return forEachBundle(given, terminal, (path) => verifyOne(path, flags, terminal))
}

async function verifyOne(
  path: string,
  { signer }: VerifyFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const pem = await readGivenFile(signer, say)
  const archive = await readGivenFile(path, say)
  if (!pem || !archive) return exitCodes.failed
  const key = readSignerKey(pem.toString('latin1'))
  if (!key.ok) {
    say(`${signer}: ${key.detail}`)
    return exitCodes.invalid
  }
  const unpacked = await unpackBundle(archive)
  const verified = unpacked.ok ? verifyFiles(unpacked.value, [key.value]) : unpacked
  if (!verified.ok) {
    say(`${path}: ${verified.detail} (${verified.clause})`)
    return exitCodes.invalid
  }
  out(`${verified.value}\n`)
  return exitCodes.ok
}
