import { join } from 'node:path'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import { checkpointName } from '../verify/read-log-files.ts'
import { openRecords, type ReadBounds, type StoredRecord } from '../read-records.ts'

/**
 * Records of a log, wherever it is: as a folder's reader, but over a wire as well. `origin` is the name in its checkpoint,
 * not verified; undefined where it has none yet.
 */
export interface RecordSource {
  origin(): Promise<string | undefined>
  read(from: number, bounds: ReadBounds): Promise<readonly StoredRecord[]>
  close(): void
}

/** The records of a log in a folder. Throws where there is none. */
export function folderSource(folder: string): RecordSource {
  const reader = openRecords(folder)
  return {
    origin: async () => originOf(nodeTreeFiles.read(join(folder, checkpointName))),
    read: async (from, bounds) => reader.read(from, bounds),
    close: reader.close,
  }
}

/** The name of the log that a checkpoint is of: its first line (C2SP tlog-checkpoint). */
export const originOf = (checkpoint: Buffer | undefined): string | undefined =>
  checkpoint && /^([^\n]+)\n/.exec(checkpoint.toString())?.[1]

const bounds: ReadBounds = { records: 4_096, bytes: 4 * 1024 * 1024 }

/** Every record of a source from a number on, in order, until its present end. */
export async function* eachRecord(source: RecordSource, from = 0): AsyncGenerator<StoredRecord> {
  for (let next = from; ; ) {
    const records = await source.read(next, bounds)
    const last = records.at(-1)
    if (!last) return
    yield* records
    next = last.seq + 1 // older ones may have been pruned
  }
}
