import { dirname, join } from 'node:path'
import { witnessedName } from './witnessed-name.ts'
import { maximumEntryBytes, writeEntryBundle } from './entry-bundle.ts'
import { openLogReader } from './log-reader.ts'
import { readTileFile } from './read-tile-file.ts'
import { fullWidth, readTilePath, type Tile } from './tile-path.ts'
import { checkpointPath } from './signed-checkpoint.ts'
import type { TreeFiles } from './tree-files.ts'

/** A file of the log as it is served (C2SP tlog-tiles). `lasting`: it never changes. */
export interface ServedFile {
  readonly type: string
  readonly lasting: boolean
  readonly bytes: Uint8Array
}

/** The prefix of the same log under the newest checkpoint that a quorum of witnesses cosigned. */
const witnessedPrefix = 'witnessed/'

/**
 * Answers what a log serves at a path below its prefix; undefined where there is nothing. Tiles are files; of partial
 * ones only the widest is kept, which begins with every other. Entry bundles are made of the log when they are asked for,
 * so that a record stands in one place. `size`: how many records are under the newest checkpoint; no more is served.
 */
export function createTreeReader(
  { log, folder }: { readonly log: string; readonly folder: string },
  size: () => number,
  files: TreeFiles,
): (path: string) => ServedFile | undefined {
  const tileBytes = (tile: Tile): Uint8Array | undefined =>
    tile.level === 'entries' ? entries(tile) : readTileFile(folder, tile, files)

  function entries({ index, width }: Tile): Uint8Array | undefined {
    const seq = index * fullWidth
    if (seq + width > size()) return undefined
    const lines = openLogReader(log, files)
    try {
      const found: Uint8Array[] = []
      lines.read({ seq, place: lines.find(seq), maximum: width }, (_, prefixed) =>
        found.push(Uint8Array.from(prefixed.subarray(1))),
      )
      return found.some(({ length }) => length > maximumEntryBytes) ? undefined : writeEntryBundle(found)
    } finally {
      lines.close()
    }
  }

  return (asked) => {
    const path = asked.startsWith(witnessedPrefix) ? asked.slice(witnessedPrefix.length) : asked
    const bytes = (type: string, lasting: boolean, content: Uint8Array | undefined) =>
      content && { type, lasting, bytes: content }
    if (path === checkpointPath) {
      const place = path === asked ? join(folder, checkpointPath) : join(dirname(log), witnessedName)
      return bytes('text/plain; charset=utf-8', false, files.read(place))
    }
    const tile = readTilePath(path)
    return tile && bytes('application/octet-stream', true, tileBytes(tile))
  }
}
