import type { StartedSource } from '../../compose/trust.ts'
import { type Clock, seconds } from '../../core/time.ts'
import { createStaticKeys } from '../../trust/static-keys.ts'
import type { DemoAuthority } from './world.ts'

/** The keys of an authority that is in memory: they never grow old, and end with the process. */
export function createHeldSource({ name, key }: DemoAuthority, clock: Clock): StartedSource {
  return {
    ...createStaticKeys({ name, keys: [key.verification], clock }),
    maxStale: seconds(Number.POSITIVE_INFINITY),
    start: async () => ({ ok: true }),
    close: () => undefined,
  }
}
