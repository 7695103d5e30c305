import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { buildBundle } from '../cli/build-bundle.ts'
import { createRegoToolchain } from '../rego/toolchain.ts'

/**
 * What decides: the text of one module of Rego; a folder of modules and `data.json`, as `bundles/NAME.yaml` names them; or
 * a bundle that was built, as a file or its bytes.
 */
export type GivenPolicy =
  | { readonly rego: string }
  | { readonly policies: string }
  | { readonly bundle: string | Uint8Array }

/**
 * Puts the bundle of what is given into the folder. Throws with file, row and column where a policy does not compile.
 * `entrypoint`: what is asked of it.
 */
export async function writeBundle(given: GivenPolicy, entrypoint: string, folder: string): Promise<string> {
  const file = join(folder, 'policy.tar.gz')
  if ('bundle' in given) {
    await (typeof given.bundle === 'string' ? copyFile(given.bundle, file) : writeFile(file, given.bundle))
    return file
  }
  const sources = 'policies' in given ? resolve(given.policies) : join(folder, 'policy')
  if ('rego' in given) {
    await mkdir(sources)
    await writeFile(join(sources, 'policy.rego'), given.rego)
  }
  const definition = join(folder, 'bundle.yaml')
  const [root = ''] = entrypoint.split('/')
  const written = { name: 'policy', policies: [sources], entrypoints: [entrypoint], roots: [root] }
  await writeFile(definition, JSON.stringify(written))
  const toolchain = createRegoToolchain()
  try {
    const { archive } = await buildBundle(definition, toolchain)
    await writeFile(file, archive)
  } finally {
    await toolchain.close()
  }
  return file
}

/** Which rule is asked where nothing says so: `decision` of the module's package, else of the service's. */
export function usualEntrypoint(given: GivenPolicy, service: string): string {
  const named = 'rego' in given ? /^\s*package\s+([A-Za-z_][\w.]*)/m.exec(given.rego)?.[1] : undefined
  return `${named?.replaceAll('.', '/') ?? service.replaceAll('-', '_')}/decision`
}
