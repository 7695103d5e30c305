import type { Digest } from '../core/digest.ts'
import type { OwnSecret } from '../keys/own-secret.ts'
import type { Sources } from './identity.ts'

/**
 * Keys that the process holds in memory instead of the files which its configuration names.
 *
 * - `sources`: keys of issuers, by `sourceKeyOf` of their anchor.
 * - `digests`: keys of enforcement points, by the reference that `bearer` names.
 * - `secret`: what keys of its own are derived from, in place of that of the state folder.
 */
export interface HeldKeys {
  readonly sources: Sources
  readonly digests: ReadonlyMap<string, readonly Digest[]>
  readonly secret?: OwnSecret
}

/** Nothing held: every key comes from where the configuration says. */
export const noHeldKeys: HeldKeys = { sources: new Map(), digests: new Map() }
