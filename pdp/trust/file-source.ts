import type { Result } from '../core/result.ts'
import { type Clock, type Instant, type Seconds, seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import { holdSnapshot } from './hold-snapshot.ts'
import { maximumKeySetBytes } from './read-key-set.ts'
import { readTextFile } from './read-text-file.ts'
import { createRepeatedRead, type RepeatedRead } from './repeated-read.ts'
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
export interface FileTrustSource extends ObservedTrustSource, RepeatedRead {}

/** Makes a source of a file that `read` turns into a snapshot. Nothing is read before `start` or `reload`. */
export function createFileSource(
  options: FileSourceOptions,
  read: (text: string, asOf: Instant) => Result<Snapshot>,
): FileTrustSource {
  const { name, path, clock, schedule, every = seconds(30), maxStale = seconds(Number.POSITIVE_INFINITY) } = options
  const holder = holdSnapshot(name, maxStale)
  const reading = createRepeatedRead(
    async (asOf) => {
      const text = await readTextFile(path, maximumKeySetBytes)
      const taken = text.ok ? read(text.value, asOf) : text
      holder.settle(taken)
      return taken
    },
    { clock, schedule, every },
  )
  return {
    ...reading,
    asOf: holder.asOf,
    status: holder.status,
    keys: async (hint, { now }) => holder.select(hint, now),
  }
}
