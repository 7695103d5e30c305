import { type Hash, hashAt, hashBytes, hashNode } from './merkle-hash.ts'
import type { ReadTreeFile } from './read-tiles.ts'
import { fullWidth, partialTiles, type Tile, tilePath } from './tile-path.ts'
import { tileRoot } from './tile-root.ts'

/** The right edge of a tree: of each level, the hashes of its last tile while that is partial. */
export interface Edge {
  size: number
  readonly levels: { width: number; readonly hashes: Buffer }[]
}

const tileBytes = fullWidth * hashBytes

export const emptyEdge = (): Edge => ({ size: 0, levels: [] })

export const copyEdge = ({ size, levels }: Edge): Edge => ({
  size,
  levels: levels.map(({ width, hashes }) => ({ width, hashes: Buffer.from(hashes) })),
})

/** Adds a leaf; `full` is told each tile that it fills. */
export function appendLeaf(edge: Edge, leaf: Hash, full: (tile: Tile, hashes: Buffer) => void): void {
  let hash = leaf
  let before = edge.size // hashes of the level so far
  edge.size++
  for (let level = 0; ; level++) {
    const at = (edge.levels[level] ??= { width: 0, hashes: Buffer.alloc(tileBytes) })
    at.hashes.write(hash, at.width * hashBytes, 'latin1')
    at.width++
    if (at.width < fullWidth) return
    full({ level, index: Math.floor(before / fullWidth), width: fullWidth }, Buffer.from(at.hashes))
    hash = tileRoot(at.hashes, 0, fullWidth)
    at.width = 0
    before = Math.floor(before / fullWidth)
  }
}

/** The partial tiles of the edge, from level 0 up. */
export const edgeTiles = ({ size, levels }: Edge): readonly (Tile & { readonly hashes: Buffer })[] =>
  partialTiles(size).map((tile) => ({
    ...tile,
    hashes: levels[Number(tile.level)]?.hashes.subarray(0, tile.width * hashBytes) ?? Buffer.alloc(0),
  }))

/** The root of the tree, which must not be empty (RFC 6962 §2.1). */
export function edgeRoot({ levels }: Edge): Hash {
  let root: Hash | undefined
  // from the smallest subtree, on the right, to the largest
  for (const { width, hashes } of levels) {
    let end = width
    for (let count = 1; end > 0; count *= 2) {
      if (end % (count * 2) === 0) continue
      end -= count
      const subtree = tileRoot(hashes, end, count)
      root = root === undefined ? subtree : hashNode(subtree, root)
    }
  }
  if (root === undefined) throw new Error('an empty tree has no root here')
  return root
}

/** The edge of the tree of `size` leaves from its tiles; undefined where one is missing or has another length. */
export function readEdge(read: ReadTreeFile, size: number): Edge | undefined {
  const edge: Edge = { size, levels: [] }
  for (const { level, index, width } of partialTiles(size)) {
    const wide = { level, index, width }
    const bytes = read(tilePath(wide)) ?? read(tilePath({ ...wide, width: fullWidth }))?.subarray(0, width * hashBytes)
    if (bytes?.length !== width * hashBytes) return undefined
    const hashes = Buffer.alloc(tileBytes)
    hashes.set(bytes)
    while (edge.levels.length < Number(level)) edge.levels.push({ width: 0, hashes: Buffer.alloc(tileBytes) })
    edge.levels.push({ width, hashes })
  }
  return edge
}

/** The hashes of the leaves in the last, partial tile. */
export const lastLeaves = ({ levels }: Edge): readonly Hash[] => {
  const [leaves] = levels
  return leaves ? Array.from({ length: leaves.width }, (_, i) => hashAt(leaves.hashes, i)) : []
}
