import { type Hash, hashLeaf, hashNode } from '../../../../pdp/audit/tree/merkle-hash.ts'

/** The root over lines of a log: RFC 6962 §2.1, word for word. */
export const rootOf = (lines: readonly string[]): Hash => rootOfHashes(lines.map((line) => hashLeaf(Buffer.from(line))))

/** The root over hashes of leaves, of which there is at least one. */
export function rootOfHashes(hashes: readonly Hash[]): Hash {
  const [first] = hashes
  if (first !== undefined && hashes.length === 1) return first
  let k = 1
  while (k * 2 < hashes.length) k *= 2
  return hashNode(rootOfHashes(hashes.slice(0, k)), rootOfHashes(hashes.slice(k)))
}
