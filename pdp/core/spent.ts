/**
 * Whole microseconds that a decision took until its record was made: the first gate, the second, and all of it; and when it
 * `began`, since the process did. Unlike the time of day that never goes back.
 */
export interface Spent {
  readonly began?: number
  readonly identity?: number
  readonly policy?: number
  readonly total: number
}

/** When a decision began and came through its gates, in monotonic milliseconds. */
export interface Laps {
  readonly began: number
  verified?: number
  evaluated?: number
}

/** What was spent by now. */
export function spentOf({ began, verified, evaluated }: Laps, now: number): Spent {
  return {
    began: microseconds(0, began),
    ...(verified !== undefined && { identity: microseconds(began, verified) }),
    ...(verified !== undefined && evaluated !== undefined && { policy: microseconds(verified, evaluated) }),
    total: microseconds(began, now),
  }
}

const microseconds = (from: number, to: number): number => Math.max(0, Math.round((to - from) * 1000))
