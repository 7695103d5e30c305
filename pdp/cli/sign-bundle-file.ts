import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { readSigningKey } from '../policy/signature/read-signing-key.ts'
import { signBundle } from '../policy/sign-bundle.ts'

/** `key`: the file of the private key. `output`: where the signed bundle goes; in place of the unsigned one unless told. */
export interface SignBundleFileOptions {
  readonly key: string
  readonly output?: string
}

/**
 * Signs the bundle in a file. The result takes its place at once or not at all. Throws with what is wrong with the key
 * or the bundle. Answers the `id` of the key.
 */
export async function signBundleFile(path: string, { key, output = path }: SignBundleFileOptions): Promise<string> {
  const signingKey = readSigningKey(await readFile(key, 'utf8'))
  if (!signingKey.ok) throw new Error(`\`${key}\`: ${signingKey.detail}`)
  const signed = await signBundle(await readFile(path), signingKey.value)
  if (!signed.ok) throw new Error(`\`${path}\`: ${signed.detail}`)
  const fresh = `${output}.${process.pid}.tmp`
  try {
    await writeFile(fresh, signed.value, { flush: true })
    await rename(fresh, output)
  } finally {
    await rm(fresh, { force: true })
  }
  return signingKey.value.verification.id
}
