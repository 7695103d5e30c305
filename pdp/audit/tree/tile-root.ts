import { hash } from 'node:crypto'
import { type Hash, hashAt, hashBytes } from './merkle-hash.ts'

/** The root over `count` hashes of a tile from place `from`: a whole subtree, so `count` is a power of two and divides `from`. */
export function tileRoot(tile: Buffer, from: number, count: number): Hash {
  if (count === 1) return hashAt(tile, from)
  // each level is hashed in its place, two hashes at a time, with no text between: this is half of what a record costs
  const hashes = Buffer.from(tile.subarray(from * hashBytes, (from + count) * hashBytes))
  const node = Buffer.alloc(1 + 2 * hashBytes)
  node[0] = 0x01 // RFC 6962 §2.1
  for (let left = count; left > 1; left /= 2) {
    for (let i = 0; i < left / 2; i++) {
      hashes.copy(node, 1, i * 2 * hashBytes, (i + 1) * 2 * hashBytes)
      hashes.write(hash('sha256', node, 'binary'), i * hashBytes, 'latin1')
    }
  }
  return hashAt(hashes, 0)
}
