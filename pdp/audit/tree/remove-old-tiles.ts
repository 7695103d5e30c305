import { join } from 'node:path'
import { fullWidth, partialTiles, type Tile, tilePath } from './tile-path.ts'
import type { TreeFiles } from './tree-files.ts'

/**
 * Removes partial tiles that a wider one has replaced: of each place at the right edge only the widest is kept, and none
 * beside a full one. Whoever asks for a narrower one is served the beginning of what there is (`serve-tree.ts`). Never
 * throws: what could not be removed is harmless.
 */
export function removeOldTiles(files: TreeFiles, folder: string, before: number, size: number): void {
  const now = new Map(partialTiles(size).map((tile) => [partialFolder(tile), tile.width]))
  for (const place of new Set([...partialTiles(before).map(partialFolder), ...now.keys()])) {
    try {
      const width = now.get(place)
      const path = join(folder, place)
      if (width === undefined) files.remove(path)
      else for (const name of files.list(path)) if (name !== String(width)) files.remove(join(path, name))
    } catch {
      // the next step tries again
    }
  }
}

const partialFolder = (tile: Tile): string => `${tilePath({ ...tile, width: fullWidth })}.p`
