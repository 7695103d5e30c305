import { hash } from 'node:crypto'
import type { Brand } from '../../core/brand.ts'

/** A SHA-256 hash of the tree as 32 latin1 characters: equal hashes are equal strings, and it costs less than bytes do. */
export type Hash = Brand<string, 'Hash'>

/** Bytes of a hash. */
export const hashBytes = 32

/** The hash of a leaf (RFC 6962 §2.1). `prefixed`: the leaf's bytes after one byte 0x00. */
export const hashPrefixedLeaf = (prefixed: Uint8Array): Hash => hash('sha256', prefixed, 'binary') as Hash

/** The hash of a leaf (RFC 6962 §2.1). */
export function hashLeaf(leaf: Uint8Array): Hash {
  const prefixed = Buffer.alloc(1 + leaf.length)
  prefixed.set(leaf, 1)
  return hashPrefixedLeaf(prefixed)
}

const nodeBytes = 1 + 2 * hashBytes

/** The hash of a node over its two children (RFC 6962 §2.1). */
export function hashNode(left: Hash, right: Hash): Hash {
  const node = Buffer.allocUnsafe(nodeBytes)
  node[0] = 0x01
  node.write(left, 1, 'latin1')
  node.write(right, 1 + hashBytes, 'latin1')
  return hash('sha256', node, 'binary') as Hash
}

/** The hash at place `i` of a tile. */
export const hashAt = (tile: Buffer, i: number): Hash =>
  tile.toString('latin1', i * hashBytes, (i + 1) * hashBytes) as Hash

export const toBase64 = (hash: Hash): string => Buffer.from(hash, 'latin1').toString('base64')

/** Undefined unless `text` is 32 bytes in base64 as an encoder writes it (RFC 4648 §4), so that no two texts are one hash. */
export function hashFromBase64(text: string): Hash | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === hashBytes && bytes.toString('base64') === text
    ? (bytes.toString('latin1') as Hash) // 32 bytes
    : undefined
}
