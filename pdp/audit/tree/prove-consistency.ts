import type { Hash } from './merkle-hash.ts'
import { type ReadNode, splitPoint, subtreeRoot } from './subtree-root.ts'

/** What shows that the tree of `before` leaves is the beginning of the tree of `size` leaves (RFC 6962 §2.1.2). */
export function proveConsistency(read: ReadNode, before: number, size: number): readonly Hash[] {
  if (before === 0 || before === size) return []
  const path: Hash[] = []
  let from = 0
  let to = size
  while (to !== before) {
    const middle = from + splitPoint(to - from)
    if (before <= middle) {
      path.push(subtreeRoot(read, middle, to))
      to = middle
    } else {
      path.push(subtreeRoot(read, from, middle))
      from = middle
    }
  }
  // the old root itself is known to whoever checks, if the old tree is one subtree
  if (from > 0) path.push(subtreeRoot(read, from, to))
  return path.reverse()
}
