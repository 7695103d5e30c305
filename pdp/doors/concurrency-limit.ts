/**
 * How many asks may be under way at once.
 *
 * - `maximum`: never more. The limit moves below it: down while asks take longer than `targetMs`, up again while they do
 *   not and the limit is what holds others back.
 * - `queue`: how many may wait for a place, each at most `waitMs`. The oldest goes first, and the newest
 *   once more than half of the queue is taken: under overload the oldest is the one whose caller has given up.
 * - `now`: monotonic milliseconds.
 */
export interface ConcurrencyOptions {
  readonly maximum: number
  readonly targetMs: number
  readonly queue?: number
  readonly waitMs?: number
  readonly now?: () => number
}

export interface ConcurrencyLimit {
  /** Takes a place: at once, after a wait, or not at all. Whoever has one calls {@link leave}, once. */
  enter(): boolean | Promise<boolean>
  /** `tookMs`: from taking the place until now. */
  leave(tookMs: number): void
  limit(): number
  /** How many have a place, and how many wait for one. */
  taken(): { readonly inside: number; readonly waiting: number }
}

interface Waiting {
  readonly timer: NodeJS.Timeout
  readonly admit: () => void
}

const decrease = 0.8
const samplesAtLeast = 20
const windowMs = 250 // so long that one pause of the machine does not look like overload

/** Additive increase, multiplicative decrease, over windows of time with as many asks as may be under way. */
export function createConcurrencyLimit(options: ConcurrencyOptions): ConcurrencyLimit {
  const { maximum, targetMs, queue = Math.ceil(maximum / 4), waitMs = 50, now = () => performance.now() } = options
  const minimum = Math.min(maximum, 4)
  let limit = maximum
  let inside = 0
  let samples = 0
  let sum = 0
  let wasFull = false
  let wasSlow = false
  let began = 0
  const waiting: Waiting[] = []

  function adapt(): void {
    const slow = sum / samples > targetMs
    if (slow && wasSlow)
      limit = Math.max(minimum, Math.floor(limit * decrease)) // twice: a cold start is slow once
    else if (!slow && wasFull) limit = Math.min(maximum, limit + Math.max(1, Math.floor(limit / 10)))
    wasSlow = slow
    samples = 0
    sum = 0
    wasFull = false
  }

  return {
    enter() {
      if (inside < limit) {
        inside++
        return true
      }
      wasFull = true
      if (waiting.length >= queue) return false
      return new Promise((resolve) => {
        const one: Waiting = {
          timer: setTimeout(() => {
            waiting.splice(waiting.indexOf(one), 1)
            resolve(false)
          }, waitMs),
          admit: () => resolve(true),
        }
        waiting.push(one)
      })
    },
    leave(tookMs) {
      inside--
      if (samples === 0) began = now()
      sum += tookMs
      if (++samples >= Math.max(samplesAtLeast, limit) && now() - began >= windowMs) adapt()
      while (inside < limit) {
        const next = waiting.length > queue / 2 ? waiting.pop() : waiting.shift()
        if (!next) break
        clearTimeout(next.timer)
        inside++
        next.admit()
      }
    },
    limit: () => limit,
    taken: () => ({ inside, waiting: waiting.length }),
  }
}
