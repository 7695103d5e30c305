import { hash } from 'node:crypto'
import { type Hash, hashAt, hashBytes } from './merkle-hash.ts'
import { fullWidth } from './tile-path.ts'

// Nodes as they are hashed, each in its place: 0x01 and two hashes (RFC 6962 §2.1). Half of what a tree costs is here, so
// they are copied in once, and each level is written over the one below, of which it needs no more than was read.
const nodeBytes = 1 + 2 * hashBytes
const memory = Buffer.alloc((fullWidth / 2) * nodeBytes, Buffer.concat([Buffer.of(0x01), Buffer.alloc(2 * hashBytes)]))
const nodes = Array.from({ length: fullWidth / 2 }, (_, i) => memory.subarray(i * nodeBytes, (i + 1) * nodeBytes))

/** The root over `count` hashes of a tile from place `from`: a whole subtree, so `count` is a power of two and divides `from`. */
export function tileRoot(tile: Buffer, from: number, count: number): Hash {
  if (count === 1) return hashAt(tile, from)
  for (let i = 0; i < count; i += 2)
    tile.copy(memory, (i / 2) * nodeBytes + 1, (from + i) * hashBytes, (from + i + 2) * hashBytes)
  for (let left = count / 2; left > 1; left /= 2)
    for (let i = 0; i < left; i++) memory.write(hashNodeAt(i), (i >> 1) * nodeBytes + 1 + (i & 1) * hashBytes, 'latin1')
  return hashNodeAt(0)
}

const hashNodeAt = (i: number): Hash => hash('sha256', nodes[i] ?? memory, 'binary') as Hash // there is a node at each place
