import { hashAt, hashBytes } from '../tree/merkle-hash.ts'
import { readNodesFromTiles, type ReadTreeFile } from '../tree/read-tiles.ts'
import { fullWidth, tilePath } from '../tree/tile-path.ts'
import { tileRoot } from '../tree/tile-root.ts'
import { createLeafHashes } from './leaf-hashes.ts'
import { logNames } from './read-log-files.ts'
import type { LogProblem } from './report.ts'

/** The leaves of records that were pruned, which the tiles keep. */
export function prunedLeaves(read: ReadTreeFile, pruned: number) {
  const leaves = createLeafHashes()
  const problems: LogProblem[] = []
  for (let index = 0; leaves.count() < pruned; index++) {
    const tile = read(tilePath({ level: 0, index, width: fullWidth }))
    const width = Math.min(fullWidth, pruned - leaves.count())
    if (tile?.length !== fullWidth * hashBytes) {
      const file = `${logNames.tree}/${tilePath({ level: 0, index, width: fullWidth })}`
      problems.push({ kind: tile ? 'tampered' : 'incomplete', file, detail: 'is needed for records that were pruned' })
    }
    const hashes = tile?.length === fullWidth * hashBytes ? tile : Buffer.alloc(fullWidth * hashBytes)
    for (let i = 0; i < width; i++) leaves.add(hashAt(hashes, i))
  }
  return { leaves, problems }
}

/** Of records that were pruned only the tiles are left: those whose hashes are not what the tile above says. */
export function changedTiles(read: ReadTreeFile, size: number, pruned: number): readonly LogProblem[] {
  const problems: LogProblem[] = []
  try {
    const node = readNodesFromTiles(read, size)
    for (let index = 0; index * fullWidth < pruned; index++) {
      const tile = read(tilePath({ level: 0, index, width: fullWidth }))
      if (!tile || tileRoot(tile, 0, fullWidth) === node(8, index)) continue
      const file = `${logNames.tree}/${tilePath({ level: 0, index, width: fullWidth })}`
      problems.push({ kind: 'tampered', file, detail: 'does not hold the hashes that were signed for' })
    }
  } catch {
    // a tile above is missing, which is told by itself
  }
  return problems
}
