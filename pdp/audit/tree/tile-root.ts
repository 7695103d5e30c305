import { type Hash, hashAt, hashNode } from './merkle-hash.ts'

/** The root over `count` hashes of a tile from place `from`: a whole subtree, so `count` is a power of two and divides `from`. */
export function tileRoot(tile: Buffer, from: number, count: number): Hash {
  if (count === 1) return hashAt(tile, from)
  let hashes: Hash[] = []
  for (let i = from; i < from + count; i += 2) hashes.push(hashNode(hashAt(tile, i), hashAt(tile, i + 1)))
  while (hashes.length > 1) {
    const above: Hash[] = []
    let left: Hash | undefined
    for (const hash of hashes) {
      if (left === undefined) left = hash
      else {
        above.push(hashNode(left, hash))
        left = undefined
      }
    }
    hashes = above
  }
  const [root] = hashes
  if (root === undefined) throw new Error('a subtree has at least one hash')
  return root
}
