import { join } from 'node:path'
import { openPayloadStore } from '../audit/payloads/payload-store.ts'
import type { Config } from '../config/schema.ts'
import { between, type Clock, type Instant } from '../core/time.ts'
import { createPayloadKeeper, type PayloadKeeper } from './keep-payloads.ts'

/** What decisions are evaluated from, kept for replay; `keeper` is absent where the configuration does not ask for it. */
export interface OpenPayloads {
  readonly keeper?: PayloadKeeper
  close(): Promise<void>
}

const tellEverySeconds = 60

/** Opens the store that a configuration asks for; rejects where its folder cannot be. `lost`: told, once a minute at most, how many could not be kept. */
export async function openPayloads(
  { audit, state }: Config,
  clock: Clock,
  randomBytes: (length: number) => Uint8Array,
  lost: (payloads: number) => void,
): Promise<OpenPayloads> {
  if (!audit.payloads || audit.mode === 'memory') return { close: async () => undefined }
  let untold = 0
  let told: Instant | undefined
  const store = openPayloadStore({
    folders: { payloads: join(state, 'payloads'), keys: join(state, 'keys', 'payloads') },
    days: audit.payloads.days,
    clock,
    randomBytes,
    lost(payloads) {
      untold += payloads
      const now = clock()
      if (told !== undefined && between(told, now) < tellEverySeconds) return
      told = now
      lost(untold)
      untold = 0
    },
  })
  return { keeper: createPayloadKeeper(store), close: store.close }
}
