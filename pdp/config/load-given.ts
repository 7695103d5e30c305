import { loadConfig, type LoadResult } from './load-config.ts'
import { maskSecrets } from '../core/mask-secrets.ts'
import { outsideSettings } from './outside-settings.ts'
import { layOver } from './overlay.ts'
import { parseConfig } from './read-config.ts'
import { resolvePaths } from './resolve-paths.ts'
import type { ConfigInput } from './schema.ts'

/** - `folder`: where relative paths of a configuration that is no file begin. `environment`: laid over, as by `loadConfig`. */
export interface GivenPlaces {
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Reads and checks a configuration that a program gives: the path of a file, or what would stand in one. */
export async function loadGiven(
  given: string | ConfigInput,
  { folder, environment }: GivenPlaces,
): Promise<LoadResult> {
  if (typeof given === 'string') return loadConfig({ file: given, environment, flags: [] })
  const { settings, problems } = outsideSettings(given, environment)
  const parsed = problems.length > 0 ? { ok: false as const, problems } : parseConfig(layOver(given, settings))
  if (parsed.ok) return { ok: true, config: resolvePaths(parsed.value, folder), origins: new Map() }
  return {
    ok: false,
    problems: parsed.problems.map(({ at, message }) => ({ at: maskSecrets(at), message: maskSecrets(message) })),
  }
}
