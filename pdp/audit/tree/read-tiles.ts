import { hashBytes } from './merkle-hash.ts'
import type { ReadNode } from './subtree-root.ts'
import { fullWidth, type Tile, tilePath } from './tile-path.ts'
import { tileRoot } from './tile-root.ts'

/** The bytes of a file under the prefix of a log; undefined where there is none. */
export type ReadTreeFile = (path: string) => Buffer | undefined

const tileHeight = 8

/** Reads nodes of the tree with `size` leaves from its tiles. Throws, naming the file, where one is missing or too short. */
export function readNodesFromTiles(read: ReadTreeFile, size: number): ReadNode {
  const held = new Map<string, Buffer>()

  function tileOf(level: number, index: number): Buffer {
    const hashes = Math.floor(size / fullWidth ** level)
    const tile: Tile = { level, index, width: Math.min(fullWidth, hashes - index * fullWidth) }
    const path = tilePath(tile)
    const before = held.get(path)
    if (before) return before
    // a full tile begins with what its partial ones held, which may be gone once it is there
    const bytes = read(path) ?? read(tilePath({ ...tile, width: fullWidth }))
    if (!bytes) throw new Error(`${path}: is missing`)
    if (bytes.length < tile.width * hashBytes) throw new Error(`${path}: is too short`)
    held.set(path, bytes)
    return bytes
  }

  return (level, index) => {
    const stored = Math.floor(level / tileHeight)
    const count = 2 ** (level - stored * tileHeight)
    const first = index * count
    return tileRoot(tileOf(stored, Math.floor(first / fullWidth)), first % fullWidth, count)
  }
}
