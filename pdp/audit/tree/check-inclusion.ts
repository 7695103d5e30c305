import { type Hash, hashNode } from './merkle-hash.ts'

/** Whether `proof` shows that the leaf is at `index` of the tree with this size and root (RFC 9162 §2.1.3.2). */
export function checkInclusion(
  leaf: Hash,
  index: number,
  tree: { readonly size: number; readonly root: Hash },
  proof: readonly Hash[],
): boolean {
  if (!(index < tree.size)) return false
  let place = index
  let last = tree.size - 1
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false // longer than any path of this tree
    if (place % 2 === 1 || place === last) {
      hash = hashNode(sibling, hash)
      while (place % 2 === 0 && place !== 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else hash = hashNode(hash, sibling)
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && hash === tree.root
}
