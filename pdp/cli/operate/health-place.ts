import { type ConfigFlags, findConfigFile } from '../config-flags.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { isHealthPlace } from './ask-health.ts'

/** How a command finds the health listener: at `url`, or where a configuration says. */
export interface HealthFlags extends ConfigFlags {
  readonly url?: string
}

/** Where it is; or the exit code of the command, after it was said why that cannot be told. */
export async function findHealthPlace(
  { url, ...flags }: HealthFlags,
  { environment, say }: Terminal,
): Promise<string | number> {
  if (url !== undefined) {
    if (isHealthPlace(url)) return url
    say('--url: must be http://HOST:PORT or unix:PATH of the health listener')
    return exitCodes.usage
  }
  try {
    // a probe runs often: of a configuration only what it needs is loaded, and nothing where it is told the place
    const { readHealthAddress } = await import('../../config/read-health-address.ts')
    const file = await findConfigFile(flags, { environment })
    return await readHealthAddress({ file, environment, flags: flags.set ?? [] })
  } catch (error) {
    say(error instanceof Error ? error.message : 'the configuration cannot be read')
    return exitCodes.failed
  }
}
