import type { Instant } from '../../core/time.ts'
import type { WitnessStatus } from '../witness/collect-cosignatures.ts'
import type { ShipperStatus } from './shipper.ts'
import type { SinkSettings } from './sink-settings.ts'

/** What the thread that ships begins with. `seed`: what chance is made of. */
export interface ShipTask {
  readonly folder: string
  readonly cursors: string
  readonly sinks: readonly (readonly [name: string, settings: SinkSettings])[]
  readonly witnessing?: Witnessing
  readonly now: Instant
  readonly seed: string
}

/** Who cosigns checkpoints: the policy file, how often they are asked, and the file of an authority to trust. */
export interface Witnessing {
  readonly policy: Uint8Array
  readonly everySeconds: number
  readonly ca?: string
}

/** To the thread: the time, or the seconds that it has to end. */
export type ShipOrder = { readonly now: Instant } | { readonly end: number }

/** From the thread: a line for the operator, how each sink is, or that it is done. */
export type ShipNews =
  | { readonly kind: 'said'; readonly line: string }
  | {
      readonly kind: 'status'
      readonly status: Readonly<Record<string, ShipperStatus>>
      readonly witnessed?: WitnessStatus
    }
  | { readonly kind: 'ended' }
