import type { Frame } from '../../pdp/core/frame.ts'
import { type Clock, type Instant, instant, plus, seconds } from '../../pdp/core/time.ts'
import { uuidV7 } from '../../pdp/core/uuid-v7.ts'

/** 2026-03-02T12:00:00Z: the present of the tests that do not run on real time. */
export const noon: Instant = instant(Date.UTC(2026, 2, 2, 12))

/** A clock that only moves when told. */
export function createTestClock(start: Instant = noon): Clock & { advance(length: number): void } {
  let now = start
  return Object.assign(() => now, {
    advance: (length: number) => {
      now = plus(now, seconds(length))
    },
  })
}

/**
 * Waits until the second that has begun is over. A proof says in whole seconds when it was made: one that is made in the second
 * in which a decision point starts seems older than it, and might have been used before.
 */
export const untilNextSecond = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1_001 - (Date.now() % 1_000)))

let made = 0

/** A frame of its own id at this time. */
export function frameAt(now: Instant = noon, deadlineMs = 1_000): Frame {
  const random = new Uint8Array(10)
  new DataView(random.buffer).setUint32(4, ++made)
  return { id: uuidV7(now, random), now, deadline: instant(now + deadlineMs) }
}
