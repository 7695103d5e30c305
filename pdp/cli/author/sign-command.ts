import { rename, rm, writeFile } from 'node:fs/promises'
import { signBundle } from '../../policy/sign-bundle.ts'
import { readSigningKey } from '../../policy/signature/read-signing-key.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGivenFile } from '../read-given-file.ts'
import type { Terminal } from '../terminal.ts'
import { forEachBundle } from './find-bundles.ts'

/** `key`: the file of the private key. `out`: where the one signed bundle goes; in place of the given one unless told. */
export interface SignFlags {
  readonly key: string
  readonly out?: string
}

/** `sign`: signs bundles, those given or all of `bundles/dist`, and says under which key. */
export async function signCommand(
  given: readonly string[],
  flags: SignFlags,
  terminal: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  return forEachBundle(given, terminal, (path) => signOne(path, flags, terminal))
}

/** The signed bundle takes the place of the other whole or not at all. */
async function signOne(
  path: string,
  { key, out: target = path }: SignFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const pem = await readGivenFile(key, say)
  const archive = await readGivenFile(path, say)
  if (!pem || !archive) return exitCodes.failed
  const signingKey = readSigningKey(pem.toString('latin1'))
  if (!signingKey.ok) {
    say(`${key}: ${signingKey.detail}`)
    return exitCodes.invalid
  }
  const signed = await signBundle(archive, signingKey.value)
  if (!signed.ok) {
    say(`${path}: ${signed.detail} (${signed.clause})`)
    return exitCodes.invalid
  }
  await replace(target, signed.value)
  out(`${signingKey.value.verification.id}\n`)
  return exitCodes.ok
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.new`
  await writeFile(fresh, bytes, { flag: 'wx', flush: true })
  await rename(fresh, path).catch(async (error: unknown) => {
    await rm(fresh, { force: true })
    throw error
  })
}
