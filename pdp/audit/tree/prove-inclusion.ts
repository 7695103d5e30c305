import type { Hash } from './merkle-hash.ts'
import { type ReadNode, splitPoint, subtreeRoot } from './subtree-root.ts'

/** The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up (RFC 6962 §2.1.1). */
export function proveInclusion(read: ReadNode, index: number, size: number): readonly Hash[] {
  const path: Hash[] = []
  let from = 0
  let to = size
  while (to - from > 1) {
    const middle = from + splitPoint(to - from)
    if (index < middle) {
      path.push(subtreeRoot(read, middle, to))
      to = middle
    } else {
      path.push(subtreeRoot(read, from, middle))
      from = middle
    }
  }
  return path.reverse()
}
