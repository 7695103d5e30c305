/** Stops asking for a while where asks fail one after another. It never turns a failure into an allow: what is not asked is denied. */
export interface CircuitBreaker {
  /** Whether to ask. After the pause one asks for all, until its outcome is known. */
  admits(): boolean
  succeeded(): void
  failed(): void
}

/**
 * - `failures`: so many in a row end the asking.
 * - `pauseMs`: for so long.
 * - `now`: milliseconds of a clock that never goes back.
 */
export interface BreakerOptions {
  readonly failures: number
  readonly pauseMs: number
  readonly now: () => number
}

export function createCircuitBreaker({ failures, pauseMs, now }: BreakerOptions): CircuitBreaker {
  let inRow = 0
  let closedUntil = -Infinity
  return {
    admits() {
      if (inRow < failures) return true
      const at = now()
      if (at < closedUntil) return false
      closedUntil = at + pauseMs // the others wait for the outcome of this one, or for another pause
      return true
    },
    succeeded() {
      inRow = 0
    },
    failed() {
      inRow++
      if (inRow >= failures) closedUntil = now() + pauseMs
    },
  }
}
