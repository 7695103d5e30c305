// Builds every bundle that `bundles/*.yaml` defines into `bundles/dist/<name>.tar.gz`. Runs on the project's own Node,
// which takes TypeScript as it stands; `scripts/setup.mjs` calls it when a source changed. A file appears whole or not
// at all.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildBundle } from '../pdp/cli/build-bundle.ts'
import { createRegoToolchain } from '../pdp/rego/toolchain.ts'

const bundles = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bundles')
const dist = join(bundles, 'dist')

await mkdir(dist, { recursive: true })
const definitions = (await readdir(bundles)).filter((name) => name.endsWith('.yaml')).sort()
const toolchain = createRegoToolchain()
try {
  const built = []
  for (const definition of definitions) built.push(await buildBundle(join(bundles, definition), toolchain))
  const archives = built.map(({ name }) => `${name}.tar.gz`)
  // what an earlier definition made, or a run that was killed left behind
  for (const left of await readdir(dist)) if (!archives.includes(left)) await rm(join(dist, left), { recursive: true })
  for (const { name, archive } of built) {
    const fresh = join(dist, `${name}.tar.gz.${process.pid}`)
    await writeFile(fresh, archive)
    await rename(fresh, join(dist, `${name}.tar.gz`))
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  await toolchain.close()
}
