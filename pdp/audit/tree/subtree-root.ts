import { type Hash, hashNode } from './merkle-hash.ts'

/** Reads the hash of the node at `index` of a level; level 0 is the leaves. */
export type ReadNode = (level: number, index: number) => Hash

/** The largest power of two below `n`, which is at least 2 (RFC 6962 §2.1: k). */
export function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** The root over leaves `from` to `to`, not included: MTH(D[from:to]) of RFC 6962 §2.1. Not for an empty range. */
export function subtreeRoot(read: ReadNode, from: number, to: number): Hash {
  const size = to - from
  let level = 0
  for (let width = 1; width < size; width *= 2) level++
  // a whole subtree is one node of the tree
  if (2 ** level === size && from % size === 0) return read(level, from / size)
  const k = splitPoint(size)
  return hashNode(subtreeRoot(read, from, from + k), subtreeRoot(read, from + k, to))
}
