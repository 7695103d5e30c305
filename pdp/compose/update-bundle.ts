import type { RecordEvent } from '../core/event-record.ts'
import { sha256 } from '../core/digest.ts'
import { offerBundle } from '../policy/offer-bundle.ts'
import type { ActiveBundles } from './active-bundles.ts'
import { type BundleFault, bundleOptions, faultOfOffer, faultOfRefusal, type Offer } from './bundles.ts'
import type { Generation, Lasting } from './generation.ts'
import { activationOf } from './reload.ts'
import type { Serially } from './serially.ts'

/** What became of an archive that the source of a bundle has. */
export type UpdateOutcome =
  | { readonly outcome: 'activated' | 'unchanged' }
  | ({ readonly outcome: 'refused' } & BundleFault)

export interface UpdateParts {
  readonly lasting: Lasting
  readonly current: () => Generation
  readonly record: RecordEvent
  readonly serially: Serially
  /** Told of each activation and each refusal. */
  readonly told: (name: string, outcome: 'activated' | 'refused', detail: string) => void
}

/** Records which bundles began as the last good one, and why. */
export async function recordFaults(bundles: ActiveBundles, record: RecordEvent): Promise<void> {
  for (const { name, fault } of bundles.list()) if (fault) await record('bundle', { act: 'refused', name, ...fault })
}

/**
 * Makes the function that takes what the source of a bundle has now: an archive, or why there is none. It is checked
 * whole, started and held to its own corpus beside the active one, recorded, and only then takes its place at once;
 * whatever fails leaves the active one as it is. The same refusal is told once.
 */
export function createUpdateBundle({ lasting, current, record, serially, told }: UpdateParts) {
  async function refuse(name: string, fault: BundleFault, digest?: string): Promise<UpdateOutcome> {
    const { bundles } = current()
    const before = bundles.list().find((bundle) => bundle.name === name)?.fault
    bundles.setFault(name, fault)
    if (before?.reason !== fault.reason) {
      told(name, 'refused', fault.reason)
      await record('bundle', { act: 'refused', name, ...fault, ...(digest !== undefined && { digest }) })
    }
    return { outcome: 'refused', ...fault }
  }

  async function update(name: string, archive: Offer): Promise<UpdateOutcome> {
    const { bundles, config, services } = current()
    const active = bundles.held.get(name)
    if (!active) return { outcome: 'unchanged' } // a reload took it away meanwhile
    if (!(archive instanceof Uint8Array)) return refuse(name, faultOfOffer(archive))
    const digest = sha256(archive)
    if (digest === active.last) {
      bundles.setFault(name, undefined)
      return { outcome: 'unchanged' }
    }
    const offered = await offerBundle(archive, active, await bundleOptions(name, config, services, lasting.bundles))
    if (!offered.ok) return refuse(name, faultOfRefusal(offered), digest)
    const prepared = await bundles.prepare(name, offered.value)
    try {
      await record('bundle', activationOf(prepared.active, active.bundle.digest))
    } catch (error) {
      await prepared.abandon()
      throw error
    }
    prepared.swap()
    told(name, 'activated', `revision ${prepared.active.revision}`)
    await lasting.keepBundles(bundles)
    return { outcome: 'activated' }
  }

  return (name: string, archive: Offer): Promise<UpdateOutcome> =>
    serially(() =>
      update(name, archive).catch((error: unknown) =>
        refuse(name, { reason: error instanceof Error ? error.message : 'an unknown fault' }),
      ),
    )
}
