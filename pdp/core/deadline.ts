import { DeadlineError } from './fault.ts'

/** Bounds promises by the deadline of one decision. `end` when nothing is bounded by it any more. */
export interface Deadline {
  /** The promise, or a {@link DeadlineError} once the time is over; a late result is dropped. */
  bound<T>(promise: Promise<T>): Promise<T>
  /** Throws a {@link DeadlineError} once the time is over, also where work that does not pause kept the timer waiting. */
  check(): void
  end(): void
}

interface Running {
  readonly until: number
  reject: ((error: Error) => void) | undefined
  over: boolean
}

/**
 * Makes deadlines that share one timer, set for the earliest: a timer for each decision would cost more than the rest of
 * what decide itself does. `now`: monotonic milliseconds. The timer alone keeps no process alive.
 */
export function createDeadlines(now: () => number = () => performance.now()): (lengthMs: number) => Deadline {
  const running = new Set<Running>()
  let timer: NodeJS.Timeout | undefined
  let timerAt = Number.POSITIVE_INFINITY

  function watch(until: number): void {
    if (until >= timerAt) return
    clearTimeout(timer)
    timerAt = until
    timer = setTimeout(expire, Math.max(1, until - now())).unref()
  }
  function expire(): void {
    timerAt = Number.POSITIVE_INFINITY
    const time = now()
    let next = Number.POSITIVE_INFINITY
    for (const one of running) {
      if (one.until <= time) {
        running.delete(one)
        one.over = true
        one.reject?.(new DeadlineError())
      } else if (one.until < next) next = one.until
    }
    watch(next)
  }

  return function startDeadline(lengthMs) {
    const one: Running = { until: now() + Math.max(0, lengthMs), reject: undefined, over: false }
    running.add(one)
    watch(one.until)
    return {
      bound: (promise) =>
        new Promise((resolve, reject) => {
          if (one.over) reject(new DeadlineError())
          one.reject = reject
          promise.then(resolve, reject)
        }),
      check() {
        if (one.over || one.until <= now()) throw new DeadlineError()
      },
      end: () => void running.delete(one),
    }
  }
}
