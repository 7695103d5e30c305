import { between, type Instant } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'

/** Waits for `work`, but not beyond `deadline`. Answers whether it was done in time. `work` must not reject. */
export async function waitUntil(
  work: Promise<unknown>,
  now: Instant,
  deadline: Instant,
  schedule: Schedule,
): Promise<boolean> {
  const left = between(now, deadline)
  if (!(left > 0)) return false
  let cancel = () => {}
  const late = new Promise<boolean>((settle) => {
    cancel = schedule(left, () => settle(false))
  })
  const inTime = await Promise.race([work.then(() => true), late])
  cancel()
  return inTime
}
