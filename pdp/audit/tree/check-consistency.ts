import { type Hash, hashNode } from './merkle-hash.ts'

/** A tree by its number of leaves and its root. */
export interface TreeHead {
  readonly size: number
  readonly root: Hash
}

/** Whether `proof` shows that `before` is the beginning of `after` (RFC 9162 §2.1.4.2). An empty tree begins every other. */
export function checkConsistency(before: TreeHead, after: TreeHead, proof: readonly Hash[]): boolean {
  if (before.size > after.size) return false
  if (before.size === 0) return proof.length === 0
  if (before.size === after.size) return proof.length === 0 && before.root === after.root
  const [first, ...rest] = isPowerOfTwo(before.size) ? [before.root, ...proof] : proof
  if (first === undefined) return false
  let place = before.size - 1
  let last = after.size - 1
  while (place % 2 === 1) {
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  let old = first
  let now = first
  for (const hash of rest) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      old = hashNode(hash, old)
      now = hashNode(hash, now)
      while (place % 2 === 0 && place !== 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else now = hashNode(now, hash)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && old === before.root && now === after.root
}

function isPowerOfTwo(n: number): boolean {
  let power = 1
  while (power < n) power *= 2
  return power === n
}
