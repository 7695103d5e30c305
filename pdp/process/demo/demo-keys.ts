import type { HeldKeys } from '../../compose/held-keys.ts'
import { type StartedSource, sourceKeyOf } from '../../compose/trust.ts'
import type { Config } from '../../config/schema.ts'
import { sha256 } from '../../core/digest.ts'
import { type Clock, seconds } from '../../core/time.ts'
import { createStaticKeys } from '../../trust/static-keys.ts'
import { heldReference } from './demo-config.ts'
import type { DemoAuthority, DemoWorld } from './world.ts'

/** The keys of a demonstration, under the places that its configuration names. */
export function demoKeys(world: DemoWorld, { trust }: Config, clock: Clock): HeldKeys {
  const authorities = [world.production, world.staging, world.issuer]
  const sources = trust.flatMap((anchor) => {
    const name = 'spiffe' in anchor ? anchor.spiffe : 'issuer' in anchor ? anchor.issuer : anchor.name
    return authorities
      .filter((authority) => authority.name === name)
      .map((authority) => [sourceKeyOf(anchor), sourceOf(authority, clock)] as const)
  })
  return {
    sources: new Map(sources),
    digests: new Map([world.api, world.gateway].map((pep) => [heldReference(pep), [sha256(pep.key)]])),
  }
}

/** Keys that never grow old: they end with the process. */
function sourceOf({ name, key }: DemoAuthority, clock: Clock): StartedSource {
  return {
    ...createStaticKeys({ name, keys: [key.verification], clock }),
    maxStale: seconds(Number.POSITIVE_INFINITY),
    start: async () => ({ ok: true }),
    close: () => undefined,
  }
}
