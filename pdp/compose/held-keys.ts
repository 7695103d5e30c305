import type { Digest } from '../core/digest.ts'
import type { Sources } from './identity.ts'

/**
 * Keys that the process holds in memory instead of the files which its configuration names.
 *
 * - `sources`: keys of issuers, by `sourceKeyOf` of their anchor.
 * - `digests`: keys of enforcement points, by the reference that `bearer` names.
 */
export interface HeldKeys {
  readonly sources: Sources
  readonly digests: ReadonlyMap<string, readonly Digest[]>
}

/** Nothing held: every key comes from where the configuration says. */
export const noHeldKeys: HeldKeys = { sources: new Map(), digests: new Map() }
