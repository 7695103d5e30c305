import type { JsonObject } from '../../core/json.ts'
import { readLine } from '../export/stored-line.ts'
import { openRecords, type RecordReader, type StoredRecord } from '../read-records.ts'
import { matchesFilter, type RecordFilter } from './record-filter.ts'
import { openRecordIndex, removeIndex } from './record-index.ts'
import { eachRecord, type RecordSource } from './record-source.ts'

/** A record that was looked for, as it stands in the log. */
export interface FoundRecord extends StoredRecord {
  readonly record: JsonObject
}

/** - `index`: the folder of the index. `limit`: how many at most; the newest of them where there are more. */
export interface QueryOptions {
  readonly folder: string
  readonly index: string
  readonly filter: RecordFilter
  readonly limit: number
  readonly say: (line: string) => void
}

/**
 * Finds records through the index of a log, which is brought up to date first. Each is read in the log and held against
 * the filter again: where the index led to a wrong one it is made anew. Throws where there is no log.
 */
export function queryLog(options: QueryOptions): readonly FoundRecord[] {
  const { folder, index, say } = options
  const records = openRecords(folder)
  try {
    const found = throughIndex(records, options)
    if (found) return found
    say(`${index}: the index leads to other records than were looked for: it is made anew from the log`)
    removeIndex(index)
    const again = throughIndex(records, options)
    if (!again) throw new Error(`${index}: the index does not agree with the log it was just made from`)
    return again
  } finally {
    records.close()
  }
}

/** Undefined where the index leads to a record that is not one of those. */
function throughIndex(
  records: RecordReader,
  { index, filter, limit, say }: QueryOptions,
): readonly FoundRecord[] | undefined {
  const rebuilt = (reason: string) => say(`${index}: ${reason}: it is made anew from the log`)
  const open = openRecordIndex({ folder: index, records, rebuilt })
  try {
    open.advance()
    const found = open.find(filter, { records: limit, newestFirst: true }).map((seq) => {
      const [stored] = records.read(seq, { records: 1, bytes: 1 })
      return stored?.seq === seq ? matching(stored, filter) : undefined
    })
    return found.includes(undefined) ? undefined : found.filter((each) => each !== undefined).reverse()
  } finally {
    open.close()
  }
}

/** Finds records by reading all of a log; the newest of them where there are more than `limit`. */
export async function scanLog(
  source: RecordSource,
  filter: RecordFilter,
  limit: number,
): Promise<readonly FoundRecord[]> {
  const found: FoundRecord[] = []
  for await (const stored of eachRecord(source)) {
    const match = matching(stored, filter)
    if (match) found.push(match)
    if (found.length >= 2 * limit) found.splice(0, found.length - limit)
  }
  return found.slice(-limit)
}

/** The record, if it is one that is looked for. */
export function matching(stored: StoredRecord, filter: RecordFilter): FoundRecord | undefined {
  const record = readLine(stored.line)
  return record && matchesFilter(record, filter) ? { ...stored, record } : undefined
}
