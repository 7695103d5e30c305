import type { Seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'

/**
 * Runs `attempt` again and again, each time after the delay the last one answered. Never two at once. The first run is
 * the caller's: `firstDelay` is what it answered. An attempt that throws is made again after the same delay. Answers the function that ends it.
 */
export function poll(attempt: () => Promise<Seconds>, firstDelay: Seconds, schedule: Schedule): () => void {
  let ended = false
  let cancel = () => {}
  const wait = (delay: Seconds): void => {
    if (!ended) cancel = schedule(delay, () => void attempt().then(wait, () => wait(delay)))
  }
  wait(firstDelay)
  return () => {
    ended = true
    cancel()
  }
}
