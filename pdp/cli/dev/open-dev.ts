import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Config } from '../../config/schema.ts'
import type { DevBundle } from '../../process/dev/dev-config.ts'
import { usualDevFile, writeDevFile } from '../../process/dev/dev-file.ts'
import { type RunningDev, startDev } from '../../process/dev/start-dev.ts'
import { StartRefused } from '../../process/start-refusals.ts'
import type { RegoToolchain } from '../../rego/toolchain.ts'
import { buildBundle } from '../build-bundle.ts'
import { type ConfigFlags, findConfig, loadFlags } from '../config-flags.ts'
import type { Terminal } from '../terminal.ts'
import { findDefinitions } from '../author/find-definitions.ts'

/** - `environment`: of services and callers where nothing is configured. */
export interface DevFlags extends ConfigFlags {
  readonly environment?: string
}

/** A definition, and the bundle that was built of it. */
export interface BuiltDefinition {
  readonly definition: string
  readonly bundle: DevBundle
}

/** A decision point over what is built here. `file`: what `call`, `mint` and tests read. */
export interface OpenDev extends RunningDev {
  readonly built: readonly BuiltDefinition[]
  readonly file: string
}

/** Where it answers, and who hears of records. */
export interface OpenDevParts {
  readonly decisions: string
  readonly toolchain: RegoToolchain
  readonly recordKept?: (line: string) => void
}

/**
 * Builds every definition in `bundles/`, starts a decision point over it with the configuration that is here, if any, and
 * tells of it in `.sallyport/dev.json`. Rejects, with the reason for the author.
 */
export async function openDev(
  flags: DevFlags,
  { decisions, toolchain, recordKept }: OpenDevParts,
  terminal: Terminal,
): Promise<OpenDev> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-built-'))
  const file = resolve(usualDevFile)
  let dev: RunningDev | undefined
  const close = async () => {
    await dev?.close()
    await rm(folder, { recursive: true, force: true })
    await rm(file, { force: true })
  }
  try {
    const built: BuiltDefinition[] = []
    for (const definition of await findDefinitions([])) {
      const { name, archive, entrypoints } = await buildBundle(definition, toolchain)
      const bundle = { name, entrypoint: entrypoints[0] ?? '', file: join(folder, `${name}.tar.gz`) }
      await writeFile(bundle.file, archive)
      built.push({ definition, bundle })
    }
    const base = await configured(flags, terminal)
    dev = await startDev({
      environment: flags.environment ?? 'production',
      decisions,
      bundles: built.map(({ bundle }) => bundle),
      say: terminal.say,
      ...(base && { base }),
      ...(recordKept && { recordKept }),
    })
    await writeDevFile(file, dev.session)
    return { ...dev, built, file, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The configuration, where there is one. */
async function configured(flags: ConfigFlags, terminal: Terminal): Promise<Config | undefined> {
  if (!(await findConfig(flags, terminal))) return undefined
  const loaded = await loadFlags(flags, terminal)
  if (!loaded.ok) throw new StartRefused(loaded.problems)
  return loaded.config
}
