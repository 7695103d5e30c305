import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { buildBundle } from '../../pdp/cli/build-bundle.ts'
import { createRegoToolchain } from '../../pdp/rego/toolchain.ts'

const kept = fileURLToPath(new URL('../../build/test-bundles/', import.meta.url))

/** What a bundle of a test is made of. Its package is `orders`, with the rule `decision` unless entrypoints say otherwise. */
export interface BundleSources {
  readonly rego: string
  readonly data?: object
  readonly entrypoints?: readonly string[]
  /** Absent: `orders`. */
  readonly roots?: readonly string[]
}

/** Builds a bundle as the command does, with its read sets; kept for as long as sources and toolchain stay the same. */
export async function buildTestBundle(sources: BundleSources): Promise<Uint8Array> {
  const toolchainStamp = await readFile(join(kept, '..', '.stamps', 'rego'), 'utf8').catch(() => '')
  const digest = createHash('sha256').update(toolchainStamp).update(JSON.stringify(sources)).digest('hex')
  const path = join(kept, `own-${digest.slice(0, 24)}.tar.gz`)
  const known = await readFile(path).catch(() => undefined)
  if (known) return known
  const archive = await build(sources)
  await mkdir(kept, { recursive: true })
  await writeFile(`${path}.${process.pid}`, archive)
  await rename(`${path}.${process.pid}`, path)
  return archive
}

async function build({
  rego,
  data,
  entrypoints = ['orders/decision'],
  roots = ['orders'],
}: BundleSources): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bundle-'))
  const toolchain = createRegoToolchain()
  try {
    await mkdir(join(folder, 'orders'))
    await writeFile(join(folder, 'orders', 'policy.rego'), rego)
    if (data) await writeFile(join(folder, 'orders', 'data.json'), JSON.stringify({ orders: data }))
    await writeFile(
      join(folder, 'orders.yaml'),
      stringify({ name: 'orders', policies: ['orders'], entrypoints, roots }),
    )
    return (await buildBundle(join(folder, 'orders.yaml'), toolchain)).archive
  } finally {
    await toolchain.close()
    await rm(folder, { recursive: true })
  }
}
