import { randomFillSync } from 'node:crypto'
import type { Surroundings } from '../compose/pdp.ts'
import { instant } from '../core/time.ts'

const poolBytes = 4_096

/** The clock and the randomness of the machine. Random bytes come from a pool: one call to the system for many ids. */
export function systemSurroundings(): Pick<Surroundings, 'clock' | 'randomBytes'> {
  const pool = new Uint8Array(poolBytes)
  let used = poolBytes
  return {
    clock: () => instant(Date.now()),
    randomBytes(length) {
      if (length > poolBytes) return randomFillSync(new Uint8Array(length))
      if (used + length > poolBytes) {
        randomFillSync(pool)
        used = 0
      }
      used += length
      return pool.slice(used - length, used)
    },
  }
}
