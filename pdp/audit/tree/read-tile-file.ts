import { join } from 'node:path'
import { hashBytes } from './merkle-hash.ts'
import { fullWidth, type Tile, tilePath } from './tile-path.ts'
import type { TreeFiles } from './tree-files.ts'

/** The hashes of a tile below a folder. Of partial ones only the widest is kept, which begins with every narrower one. */
export function readTileFile(folder: string, tile: Tile, files: TreeFiles): Buffer | undefined {
  const { width } = tile
  const exact = files.read(join(folder, tilePath(tile)))
  if (exact || width === fullWidth) return exact
  const full = tilePath({ ...tile, width: fullWidth })
  const wider = files.list(join(folder, `${full}.p`)).find((name) => Number(name) > width)
  const bytes = files.read(join(folder, wider === undefined ? full : `${full}.p/${wider}`))
  return bytes?.subarray(0, width * hashBytes)
}
