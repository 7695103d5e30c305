import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { ConfigProblem } from './config-problem.ts'
import { maskSecrets } from '../core/mask-secrets.ts'
import { outsideSettings } from './outside-settings.ts'
import { layOver, type Setting } from './overlay.ts'
import { parseConfig } from './read-config.ts'
import { readYaml } from './read-yaml.ts'
import { resolvePaths } from './resolve-paths.ts'
import type { Config } from './schema.ts'

/** Where settings come from, weakest first: defaults, the file, the environment, flags (`listen.decisions=…`). */
export interface ConfigInputs {
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly flags: readonly string[]
}

/** A configuration with, for each path that was set (`listen.decisions`), who set it. */
export interface LoadedConfig {
  readonly config: Config
  readonly origins: ReadonlyMap<string, string>
}

export type LoadResult =
  | ({ readonly ok: true } & LoadedConfig)
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Reads and checks a configuration from all its places. All problems at once; no problem holds a value. */
export async function loadConfig({ file, environment, flags }: ConfigInputs): Promise<LoadResult> {
  const text = await readText(file)
  if (!text.ok) return refused(file, text.message)
  const read = readYaml(text.value)
  if (!read.ok) return refused(file, read.message)
  const { settings, problems } = outsideSettings(read.value, environment, flags)
  if (problems.length > 0)
    return {
      ok: false,
      problems: problems.map(({ at, message }) => ({ at: maskSecrets(at), message: maskSecrets(message) })),
    }
  const origins = originsOf(file, read.lines, settings)
  const parsed = parseConfig(layOver(read.value, settings))
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map((problem) => located(problem, file, origins)) }
  return { ok: true, config: resolvePaths(parsed.value, dirname(resolve(file))), origins }
}

const refused = (at: string, message: string): LoadResult => ({ ok: false, problems: [{ at, message }] })

const maximumBytes = 4 * 1024 * 1024

async function readText(file: string): Promise<{ ok: true; value: string } | { ok: false; message: string }> {
  try {
    const bytes = await readFile(file)
    if (bytes.length > maximumBytes) return { ok: false, message: 'is larger than a configuration can be' }
    return { ok: true, value: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    return { ok: false, message: `cannot be read: ${code}` }
  }
}

function originsOf(
  file: string,
  lines: ReadonlyMap<string, number>,
  settings: readonly Setting[],
): ReadonlyMap<string, string> {
  const origins = new Map([...lines].map(([path, line]) => [path, `${file}:${line}`]))
  for (const { path, value, from } of settings) {
    const at = path.join('.')
    for (const below of origins.keys()) if (below.startsWith(`${at}.`)) origins.delete(below)
    for (const set of pathsOf(value, at)) origins.set(set, from)
  }
  return origins
}

/** A path and all that a value has below it. */
function pathsOf(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, `${at}.${name}`))]
}

/** Where a problem comes from: the nearest that was set of the path and what it is in, but not the whole file. */
function originOf(path: string, origins: ReadonlyMap<string, string>): string | undefined {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const origin = origins.get(at)
    if (origin !== undefined) return origin
  }
  return undefined
}

function located(problem: ConfigProblem, file: string, origins: ReadonlyMap<string, string>): ConfigProblem {
  const from = originOf(problem.at, origins) ?? file
  return { at: maskSecrets(problem.at), message: maskSecrets(`${problem.message} (${from})`) }
}
