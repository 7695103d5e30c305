import { ok, type Result } from '../core/result.ts'
import { type Clock, type Instant, type Seconds, seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import { holdSnapshot } from './hold-snapshot.ts'
import { poll } from './poll.ts'
import { maximumKeySetBytes } from './read-key-set.ts'
import { readTextFile } from './read-text-file.ts'
import type { Snapshot } from './snapshot.ts'
import type { ObservedTrustSource } from './status.ts'

/**
 * - `every`: how often the file is read again once started; 30 s by default.
 * - `maxStale`: how long keys serve after the file was last read and right; for ever by default, since a file that cannot
 *   be read is seen by status, and whoever can break the file could as well change it.
 */
export interface FileSourceOptions {
  readonly name: string
  readonly path: string
  readonly clock: Clock
  readonly schedule: Schedule
  readonly every?: Seconds
  readonly maxStale?: Seconds
}

/** A trust source of one file. */
export interface FileTrustSource extends ObservedTrustSource {
  /** Reads the file now. A refusal leaves the last good keys in place and stands in the status. */
  reload(): Promise<Result<void>>
  /** Reads the file and goes on reading it. Answers the outcome of the first read. */
  start(): Promise<Result<void>>
  close(): void
}

/** Makes a source of a file that `read` turns into a snapshot. Nothing is read before `start` or `reload`. */
export function createFileSource(
  options: FileSourceOptions,
  read: (text: string, asOf: Instant) => Result<Snapshot>,
): FileTrustSource {
  const { name, path, clock, schedule, every = seconds(30), maxStale = seconds(Number.POSITIVE_INFINITY) } = options
  const holder = holdSnapshot(name, maxStale)
  let last: Promise<unknown> = Promise.resolve()
  let end = () => {}

  const readOnce = async (): Promise<Result<void>> => {
    const asOf = clock() // before the read: what is changed during it is seen by the next one
    const text = await readTextFile(path, maximumKeySetBytes)
    const taken = text.ok ? read(text.value, asOf) : text
    holder.settle(taken)
    return taken.ok ? ok(undefined) : taken
  }
  // One after another, so that an older text never replaces a newer one.
  const reload = (): Promise<Result<void>> => {
    const next = last.then(readOnce)
    last = next.catch(() => {})
    return next
  }
  return {
    asOf: holder.asOf,
    status: holder.status,
    keys: async (hint, frame) => holder.select(hint, frame.now),
    reload,
    async start() {
      end()
      end = poll(async () => reload().then(() => every), every, schedule)
      return reload()
    },
    close: () => end(),
  }
}
