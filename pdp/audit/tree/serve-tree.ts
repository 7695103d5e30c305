import { join } from 'node:path'
import { maximumEntryBytes, writeEntryBundle } from './entry-bundle.ts'
import { hashBytes } from './merkle-hash.ts'
import { openLogReader } from './log-reader.ts'
import { fullWidth, readTilePath, type Tile, tilePath } from './tile-path.ts'
import { checkpointPath } from './signed-checkpoint.ts'
import type { TreeFiles } from './tree-files.ts'

/** A file of the log as it is served (C2SP tlog-tiles). `lasting`: it never changes. */
export interface ServedFile {
  readonly type: string
  readonly lasting: boolean
  readonly bytes: Uint8Array
}

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
  function tileBytes(tile: Tile): Uint8Array | undefined {
    const { level, width } = tile
    if (level === 'entries') return entries(tile)
    const length = width * hashBytes
    const exact = files.read(join(folder, tilePath(tile)))
    if (exact || width === fullWidth) return exact
    const full = tilePath({ ...tile, width: fullWidth })
    const wider = files.list(join(folder, `${full}.p`)).find((name) => Number(name) > width)
    return files.read(join(folder, wider === undefined ? full : `${full}.p/${wider}`))?.subarray(0, length)
  }

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

  return (path) => {
    const bytes = (type: string, lasting: boolean, content: Uint8Array | undefined) =>
      content && { type, lasting, bytes: content }
    if (path === checkpointPath)
      return bytes('text/plain; charset=utf-8', false, files.read(join(folder, checkpointPath)))
    const tile = readTilePath(path)
    return tile && bytes('application/octet-stream', true, tileBytes(tile))
  }
}
