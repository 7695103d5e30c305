import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { readBundleDefinition } from '../../config/read-bundle-definition.ts'

/**
 * The files of the public keys that the definition of a bundle names: of `bundles/dist/NAME.tar.gz`, `bundles/NAME.yaml`.
 * Undefined where there is no definition, or it names none.
 */
export async function definitionSigners(bundle: string): Promise<readonly string[] | undefined> {
  const folder = dirname(dirname(resolve(bundle)))
  const definition = join(folder, `${basename(bundle, '.tar.gz')}.yaml`)
  const text = await readFile(definition, 'utf8').catch(() => undefined)
  const signer = text === undefined ? undefined : readBundleDefinition(text).signer
  return signer === undefined ? undefined : [signer].flat().map((path) => resolve(dirname(definition), path))
}
