import { basename } from 'node:path'

// A log is a row of files, its segments: `records.ndjson`, and each later one named for its first record. Only the last
// is written to; the others are on the device and never change.

const ending = '.ndjson'
const digits = 12

/** The file of the segment whose first record is `first`. `log` is the path of the one that begins with record 0. */
export const segmentPath = (log: string, first: number): string =>
  first === 0 ? log : `${log.slice(0, -ending.length)}-${String(first).padStart(digits, '0')}${ending}`

/** The first records of the segments among the names of a folder, ascending. */
export function segmentsAmong(names: readonly string[], log: string): readonly number[] {
  const own = basename(log)
  const stem = `${own.slice(0, -ending.length)}-`
  return names
    .map((name) => {
      if (name === own) return 0
      const first = Number(name.startsWith(stem) ? name.slice(stem.length, -ending.length) : Number.NaN)
      return Number.isSafeInteger(first) && first > 0 && basename(segmentPath(log, first)) === name ? first : Number.NaN
    })
    .filter((first) => !Number.isNaN(first))
    .sort((a, b) => a - b)
}
