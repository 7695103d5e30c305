import { type Hash, hashAt, hashBytes } from '../tree/merkle-hash.ts'
import { type ReadNode, subtreeRoot } from '../tree/subtree-root.ts'
import { fullWidth, type Tile } from '../tree/tile-path.ts'
import { tileRoot } from '../tree/tile-root.ts'

/** The hashes of a tree's leaves, in a few bytes more than they take, and what follows from them. */
export interface LeafHashes {
  readonly add: (leaf: Hash) => void
  readonly count: () => number
  /** The root of the tree over the first `size` leaves; `size` is from 1 to {@link LeafHashes.count}. */
  readonly root: (size: number) => Hash
  readonly node: ReadNode
  /** The bytes of a tile; undefined where there are too few leaves for it. */
  readonly tile: (tile: Tile & { readonly level: number }) => Buffer | undefined
}

const tileHeight = 8
const firstBytes = 64 * 1024

export function createLeafHashes(): LeafHashes {
  const levels: { count: number; hashes: Buffer }[] = []

  function add(leaf: Hash): void {
    let hash = leaf
    for (let i = 0; ; i++) {
      const level = (levels[i] ??= { count: 0, hashes: Buffer.alloc(firstBytes) })
      if ((level.count + 1) * hashBytes > level.hashes.length)
        level.hashes = Buffer.concat([level.hashes, Buffer.alloc(level.hashes.length)])
      level.hashes.write(hash, level.count * hashBytes, 'latin1')
      level.count++
      if (level.count % fullWidth !== 0) return
      hash = tileRoot(level.hashes, level.count - fullWidth, fullWidth)
    }
  }

  const node: ReadNode = (level, index) => {
    const stored = Math.floor(level / tileHeight)
    const count = 2 ** (level - stored * tileHeight)
    return tileRoot(levels[stored]?.hashes ?? Buffer.alloc(0), index * count, count)
  }

  return {
    add,
    count: () => levels[0]?.count ?? 0,
    root: (size) => subtreeRoot(node, 0, size),
    node,
    tile({ level, index, width }) {
      const stored = levels[level]
      const from = index * fullWidth
      return stored && from + width <= stored.count
        ? stored.hashes.subarray(from * hashBytes, (from + width) * hashBytes)
        : undefined
    },
  }
}

/** The places of a tile whose hashes differ from the expected ones, as far as both reach. */
export function differingPlaces(tile: Buffer, expected: Buffer): readonly number[] {
  const places: number[] = []
  for (let i = 0; (i + 1) * hashBytes <= Math.min(tile.length, expected.length); i++)
    if (hashAt(tile, i) !== hashAt(expected, i)) places.push(i)
  return places
}
