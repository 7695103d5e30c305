import { join } from 'node:path'
import { fullWidth, partialTiles, readTilePath, type Tile, tilePath } from '../tree/tile-path.ts'
import type { TreeFiles } from '../tree/tree-files.ts'
import { differingPlaces, type LeafHashes } from './leaf-hashes.ts'
import type { LogProblem } from './report.ts'

/**
 * Compares every tile file below `folder` with the tree over the leaves, and looks for each tile that a tree of `size`
 * leaves needs. Problems are named by the path below the log's folder, `name` being that of the tree.
 */
export function verifyTiles(
  { folder, name, paths }: { readonly folder: string; readonly name: string; readonly paths: readonly string[] },
  leaves: LeafHashes,
  size: number,
  files: TreeFiles,
): readonly LogProblem[] {
  const problems: LogProblem[] = []
  const widest = new Map<string, number>()
  for (const path of paths) {
    const tile = readTilePath(path)
    const { level } = tile ?? {}
    if (!tile || typeof level !== 'number') continue
    const place = tilePath({ ...tile, width: fullWidth })
    widest.set(place, Math.max(widest.get(place) ?? 0, tile.width))
    const expected = leaves.tile({ ...tile, level })
    const bytes = files.read(join(folder, path))
    if (!bytes || expected?.equals(bytes)) continue // gone since it was listed: a log in use replaced it by a wider one
    const [first] = expected ? differingPlaces(bytes, expected) : []
    const detail = expected
      ? `does not hold the hashes of the log${first === undefined ? '' : `, first at place ${first}`}`
      : 'covers records that the log does not have'
    problems.push({ kind: 'tampered', file: `${name}/${path}`, detail })
  }
  for (const tile of neededTiles(size))
    if ((widest.get(tilePath({ ...tile, width: fullWidth })) ?? 0) < tile.width)
      problems.push({ kind: 'incomplete', file: `${name}/${tilePath(tile)}`, detail: 'is missing' })
  return problems
}

/** Every tile that a tree of `size` leaves needs. */
export function* neededTiles(size: number): Generator<Tile & { readonly level: number }> {
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / fullWidth))
    for (let index = 0; index < Math.floor(hashes / fullWidth); index++) yield { level, index, width: fullWidth }
  for (const tile of partialTiles(size)) yield { ...tile, level: Number(tile.level) }
}
