/** Whether a peer is worth asking. `closed`: yes. `open`: not now. `half-open`: one trial is under way, or due. */
export type BreakerState = 'closed' | 'open' | 'half-open'

/** Keeps a peer that does not answer from costing every decision its timeout. */
export interface Breaker {
  /** Whether to ask now. Whoever is told yes says how it ended: `succeeded` or `failed`, once. */
  admits(): boolean
  succeeded(): void
  failed(): void
  /** The peer has shown by other means that it is there. */
  reset(): void
  state(): BreakerState
}

export interface BreakerOptions {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Between 0 and 1: how long it stays open varies by it, so that instances do not come back together. */
  readonly random: () => number
  /** Failures in a row until it opens. */
  readonly failures?: number
  /** How long it stays open at first, in milliseconds; doubled by each trial that fails, up to 16 times as long. */
  readonly openMs?: number
}

/** Makes a breaker, closed. */
export function createBreaker({ now, random, failures = 5, openMs = 250 }: BreakerOptions): Breaker {
  let failedInRow = 0
  let reopened = 0
  let openUntil = Number.NEGATIVE_INFINITY // in force while there are `failures` in a row
  let trial = false

  const isOpen = () => failedInRow >= failures

  function open(): void {
    openUntil = now() + openMs * 2 ** Math.min(reopened, 4) * (0.9 + 0.2 * random())
    reopened++
  }
  function reset(): void {
    failedInRow = 0
    reopened = 0
    trial = false
  }

  return {
    admits() {
      if (!isOpen()) return true
      if (trial || now() < openUntil) return false
      trial = true
      return true
    },
    succeeded: reset,
    failed() {
      if (isOpen() && !trial) return // asked before it opened: known by now
      trial = false
      failedInRow++
      if (isOpen()) open()
    },
    reset,
    state: () => (!isOpen() ? 'closed' : trial || now() >= openUntil ? 'half-open' : 'open'),
  }
}
