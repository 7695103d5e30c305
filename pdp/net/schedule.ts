import type { Seconds } from '../core/time.ts'

/** Runs `run` once after a length of time, unless the answered function was called first. Keeps no process alive. */
export type Schedule = (after: Seconds, run: () => void) => () => void

/** The schedule of a real process. Timers are monotonic, so a step of the wall clock moves none of them. */
export const timerSchedule: Schedule = (after, run) => {
  const timer = setTimeout(run, Math.max(0, after * 1000))
  timer.unref()
  return () => clearTimeout(timer)
}
