import { basename, dirname, join } from 'node:path'
import type { LogFiles } from './log-file.ts'
import { segmentPath, segmentsAmong } from './segments.ts'
import { fullWidth } from './tree/tile-path.ts'

/** How much of a log is kept: records of so many days, and so many bytes of segments. Absent: all. */
export interface Retention {
  readonly days?: number | undefined
  readonly bytes?: number | undefined
}

/** A segment that is not written to any more: its records, its size, and when it was written to last. */
export interface SealedSegment {
  readonly first: number
  readonly next: number
  readonly bytes: number
  readonly changedMs: number
}

/**
 * The number of the oldest record that stays, where segments may go. They go from the oldest on, whole, and only those
 * whose records are all under a checkpoint of `covered` records, and before number `needed`, which a reader still has to
 * read. The last full tile stays covered by lines, since the tree goes on from there. Undefined where none may go.
 */
export function pruneBefore(
  segments: readonly SealedSegment[],
  keep: Retention,
  { nowMs, covered, needed }: { readonly nowMs: number; readonly covered: number; readonly needed: number },
): number | undefined {
  const limit = Math.min(needed, (Math.floor(covered / fullWidth) - 1) * fullWidth)
  let total = segments.reduce((sum, { bytes }) => sum + bytes, 0)
  let before: number | undefined
  for (const { next, bytes, changedMs } of segments) {
    const old = keep.days !== undefined && nowMs - changedMs > keep.days * dayMs
    if (!(old || (keep.bytes !== undefined && total > keep.bytes)) || next > limit) break
    total -= bytes
    before = next
  }
  return before
}

const dayMs = 86_400_000

/** The segments of a log but the last, oldest first. */
export async function sealedSegments(log: string, files: LogFiles): Promise<readonly SealedSegment[]> {
  const firsts = segmentsAmong(await files.list(dirname(log)), log)
  return Promise.all(
    firsts.slice(0, -1).map(async (first, i) => {
      const { bytes, changedMs } = await files.look(segmentPath(log, first))
      return { first, next: firsts[i + 1] ?? first, bytes, changedMs }
    }),
  )
}

/** Removes the segments before a record, oldest first, with what was cut of them. The log must tell of it already. */
export async function removeSegments(log: string, before: number, files: LogFiles): Promise<void> {
  const names = await files.list(dirname(log))
  for (const first of segmentsAmong(names, log)) {
    if (first >= before) break
    const path = segmentPath(log, first)
    for (const name of names.filter((name) => name.startsWith(`${basename(path)}.`))) {
      const cutAt = Number(/\.(?:torn|damaged)-([0-9]+)$/.exec(name)?.[1] ?? Number.NaN)
      if (cutAt < before) await files.remove(join(dirname(log), name))
    }
    await files.remove(path)
  }
}
