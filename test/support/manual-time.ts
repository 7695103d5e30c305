import { type Clock, type Instant, instant, plus, type Seconds, seconds } from '../../pdp/core/time.ts'

/** A clock and a schedule that move when told to. */
export interface ManualTime {
  readonly clock: Clock
  readonly schedule: (after: Seconds, run: () => void) => () => void
  /** Moves on by so many seconds, running what falls due in order. */
  advance(seconds: number): void
  /** Steps the wall clock alone, as an operator would. */
  step(seconds: number): void
  /** Seconds until each timer that is set, shortest first. */
  pending(): readonly number[]
}

export function createManualTime(start: Instant = instant(1_800_000_000_000)): ManualTime {
  let elapsed = 0
  let wall = start
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const byTime = () => [...timers].sort((a, b) => a.at - b.at)
  return {
    clock: () => wall,
    schedule(after, run) {
      const timer = { at: elapsed + Math.max(0, after), run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(length) {
      const end = elapsed + length
      for (let next = byTime()[0]; next && next.at <= end; next = byTime()[0]) {
        wall = plus(wall, seconds(next.at - elapsed))
        elapsed = next.at
        timers.delete(next)
        next.run()
      }
      wall = plus(wall, seconds(end - elapsed))
      elapsed = end
    },
    step(length) {
      wall = plus(wall, seconds(length))
    },
    pending: () => byTime().map(({ at }) => at - elapsed),
  }
}
