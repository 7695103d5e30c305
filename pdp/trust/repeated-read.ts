import { ok, type Result } from '../core/result.ts'
import type { Clock, Instant, Seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import { poll } from './poll.ts'

/** Something on this machine that is read now and again. */
export interface RepeatedRead {
  /** Reads it now. A refusal leaves what was read before in place and stands in the status. */
  reload(): Promise<Result<void>>
  /** Reads it and goes on reading it. Answers the outcome of the first read. */
  start(): Promise<Result<void>>
  close(): void
}

/** Reads every so often, one after another, so that older contents never replace newer ones. `read` takes note of what it read. */
export function createRepeatedRead(
  read: (asOf: Instant) => Promise<Result<unknown>>,
  { clock, schedule, every }: { readonly clock: Clock; readonly schedule: Schedule; readonly every: Seconds },
): RepeatedRead {
  let last: Promise<unknown> = Promise.resolve()
  let end = () => {}
  const readOnce = async (): Promise<Result<void>> => {
    const done = await read(clock()) // the time before it: what is changed during it is seen by the next one
    return done.ok ? ok(undefined) : done
  }
  const reload = (): Promise<Result<void>> => {
    const next = last.then(readOnce)
    last = next.catch(() => {})
    return next
  }
  return {
    reload,
    async start() {
      end()
      end = poll(async () => reload().then(() => every), every, schedule)
      return reload()
    },
    close: () => end(),
  }
}
