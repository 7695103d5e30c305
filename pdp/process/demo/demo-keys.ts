import type { HeldKeys } from '../../compose/held-keys.ts'
import { sourceKeyOf } from '../../compose/trust.ts'
import type { Config } from '../../config/schema.ts'
import { sha256 } from '../../core/digest.ts'
import type { Clock } from '../../core/time.ts'
import { createHeldSource } from './held-source.ts'
import { heldReference } from './demo-config.ts'
import type { DemoWorld } from './world.ts'

/** The keys of a demonstration, under the places that its configuration names. */
export function demoKeys(world: DemoWorld, { trust }: Config, clock: Clock): HeldKeys {
  const authorities = [world.production, world.staging, world.issuer]
  const sources = trust.flatMap((anchor) => {
    const name = 'spiffe' in anchor ? anchor.spiffe : 'issuer' in anchor ? anchor.issuer : anchor.name
    return authorities
      .filter((authority) => authority.name === name)
      .map((authority) => [sourceKeyOf(anchor), createHeldSource(authority, clock)] as const)
  })
  return {
    sources: new Map(sources),
    digests: new Map([world.api, world.gateway].map((pep) => [heldReference(pep), [sha256(pep.key)]])),
  }
}
