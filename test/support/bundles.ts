import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildBundle } from '../../pdp/cli/build-bundle.ts'
import { createRegoToolchain } from '../../pdp/rego/toolchain.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The archive of an example bundle, built once for as long as its sources stay the same. */
export async function exampleBundle(name: string): Promise<Uint8Array> {
  const cached = join(root, 'build', 'test-bundles', `${name}-${await sourcesDigest()}.tar.gz`)
  const known = await readFile(cached).catch(() => undefined)
  if (known) return known
  const toolchain = createRegoToolchain()
  try {
    const { archive } = await buildBundle(join(root, 'bundles', `${name}.yaml`), toolchain)
    await mkdir(join(root, 'build', 'test-bundles'), { recursive: true })
    await writeFile(`${cached}.${process.pid}`, archive)
    await rename(`${cached}.${process.pid}`, cached)
    return archive
  } finally {
    await toolchain.close()
  }
}

async function sourcesDigest(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of ['policies', 'bundles', 'rego', 'pdp/cli', 'pdp/rego', 'pdp/policy']) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('bundles/dist'))
    for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
      hash.update(path).update(await readFile(path))
  }
  return hash.digest('hex').slice(0, 16)
}
