/** What {@link createTimeLimit} answers in place of a result that took too long. */
export const tookTooLong = Symbol('took too long')

/**
 * Bounds promises by one length of time, in milliseconds. All share one timer. The promise itself goes on; what becomes of
 * it later is nobody's concern. A reply that has come while this thread was busy still counts: it is read before time is
 * called.
 */
export function createTimeLimit(
  lengthMs: number,
  now: () => number = () => performance.now(),
): <T>(promise: Promise<T>) => Promise<T | typeof tookTooLong> {
  interface Waiting {
    readonly until: number
    readonly end: () => void
  }
  const waiting = new Set<Waiting>() // all wait equally long, so the oldest ends first
  let timer: NodeJS.Timeout | undefined

  function watch(): void {
    const [next] = waiting
    if (timer === undefined && next) timer = setTimeout(() => setImmediate(expire), Math.max(1, next.until - now()))
  }
  function expire(): void {
    timer = undefined
    const time = now()
    for (const one of waiting) {
      if (one.until > time) break
      one.end()
    }
    watch()
  }

  return (promise) =>
    new Promise((resolve, reject) => {
      const one: Waiting = {
        until: now() + lengthMs,
        end() {
          waiting.delete(one)
          resolve(tookTooLong)
        },
      }
      waiting.add(one)
      watch()
      promise.then(
        (value) => {
          waiting.delete(one)
          resolve(value)
        },
        (error: unknown) => {
          waiting.delete(one)
          reject(error instanceof Error ? error : new Error('rejected with something else than an error'))
        },
      )
    })
}
