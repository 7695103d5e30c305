import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { signBundle } from '../../policy/sign-bundle.ts'
import { instant } from '../../core/time.ts'
import { readSignerKey } from '../../policy/signature/read-signer-key.ts'
import { readSigningKey } from '../../policy/signature/read-signing-key.ts'
import type { SignOptions } from '../../policy/signature/sign-files.ts'
import { exitCodes } from '../exit-codes.ts'
import { readGivenFile } from '../read-given-file.ts'
import { printRow } from '../print-row.ts'
import type { Terminal } from '../terminal.ts'
import { definitionSigners } from './definition-signers.ts'
import { forEachBundle } from './find-bundles.ts'
import { readStatementFlags } from './read-statement-flags.ts'

/**
 * `key`: the file of the private key. `out`: where the one signed bundle goes; in place of the given one unless told.
 * `algorithm`: one of the key's. `sequence`, `expires`, `audience`, `base`: what the signature states beside the files.
 * `cosign`: adds a signature to the one there, of the same statement.
 */
export interface SignFlags {
  readonly key: string
  readonly out?: string
  readonly algorithm?: string
  readonly sequence?: string
  readonly expires?: string
  readonly audience?: readonly string[]
  readonly base?: string
  readonly cosign?: boolean
  readonly json?: boolean
}

/** `sign`: signs bundles, those given or all of `bundles/dist`, and says under which key. */
export async function signCommand(
  given: readonly string[],
  flags: SignFlags,
  terminal: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const statement = readStatementFlags(flags, instant(Date.now()))
  if (typeof statement === 'string') {
    terminal.say(statement)
    return exitCodes.usage
  }
  return forEachBundle(given, terminal, (path) => signOne(path, flags, statement, terminal))
}

/** The signed bundle takes the place of the other whole or not at all. */
async function signOne(
  path: string,
  { key, out: target = path, algorithm: wanted, cosign = false, json }: SignFlags,
  statement: NonNullable<SignOptions['statement']>,
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
  const { id, algorithms } = signingKey.value.verification
  if (!(await isNamedSigner(path, id))) {
    say(`${key}: is not a signer that the definition of ${path} names`)
    return exitCodes.invalid
  }
  const algorithm = algorithms.find((one) => one === wanted)
  if (wanted !== undefined && !algorithm) {
    say(`${key}: signs with ${algorithms.join(', ')}, not with ${wanted}`)
    return exitCodes.usage
  }
  const signed = await signBundle(archive, signingKey.value, { statement, cosign, ...(algorithm && { algorithm }) })
  if (!signed.ok) {
    say(`${path}: ${signed.detail} (${signed.clause})`)
    return exitCodes.invalid
  }
  await replace(target, signed.value)
  printRow(out, json, { file: target, id }, id)
  return exitCodes.ok
}

/** True also where nobody is named. */
async function isNamedSigner(bundle: string, id: string): Promise<boolean> {
  const files = await definitionSigners(bundle)
  if (!files) return true
  const keys = await Promise.all(files.map(async (file) => readSignerKey(await readFile(file, 'latin1'))))
  return keys.some((key) => key.ok && key.value.id === id)
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.new`
  await writeFile(fresh, bytes, { flag: 'wx', flush: true })
  await rename(fresh, path).catch(async (error: unknown) => {
    await rm(fresh, { force: true })
    throw error
  })
}
