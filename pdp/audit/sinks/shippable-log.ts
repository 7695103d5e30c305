import { join } from 'node:path'
import { openRecords, type RecordReader } from '../read-records.ts'
import { nodeTreeFiles } from '../tree/node-tree-files.ts'
import { checkpointName } from '../verify/read-log-files.ts'
import type { ShippableLog } from './shipper.ts'

// Name, size and root (C2SP tlog-checkpoint). This process signed it; receivers verify it.
const checkpoint = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n/

/** The log of a folder as far as its newest checkpoint covers it; undefined as long as it has none. */
export function openShippableLog(folder: string): () => ShippableLog | undefined {
  let reader: RecordReader | undefined
  return () => {
    const note = nodeTreeFiles.read(join(folder, checkpointName))?.toString()
    const [, origin, size] = checkpoint.exec(note ?? '') ?? []
    if (note === undefined || origin === undefined) return undefined
    return {
      origin,
      size: Number(size),
      note,
      read(from, bounds) {
        reader ??= openRecords(folder)
        try {
          return reader.read(from, bounds)
        } catch (error) {
          reader.close()
          reader = undefined // opened anew with the next try
          throw error
        }
      },
    }
  }
}
