import { describe, expect, test } from 'vitest'
import { checkConsistency } from '../../../../pdp/audit/tree/check-consistency.ts'
import { checkInclusion } from '../../../../pdp/audit/tree/check-inclusion.ts'
import { appendLeaf, copyEdge, edgeRoot, emptyEdge } from '../../../../pdp/audit/tree/edge.ts'
import { type Hash, hashFromBase64, hashLeaf, hashNode, toBase64 } from '../../../../pdp/audit/tree/merkle-hash.ts'
import { proveConsistency } from '../../../../pdp/audit/tree/prove-consistency.ts'
import { proveInclusion } from '../../../../pdp/audit/tree/prove-inclusion.ts'
import { subtreeRoot } from '../../../../pdp/audit/tree/subtree-root.ts'
import { readTlogProof, writeTlogProof } from '../../../../pdp/audit/tree/tlog-proof.ts'
import { rootOfHashes } from './root-of.ts'

const most = 40
const leaves = Array.from({ length: most }, (_, i) => hashLeaf(Buffer.from(`leaf ${i}`)))
const node = (level: number, index: number): Hash =>
  level === 0
    ? (leaves[index] ?? (() => expect.unreachable('no such leaf'))())
    : hashNode(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

const sizes = Array.from({ length: most }, (_, i) => i + 1)
const headOf = (size: number) => ({ size, root: rootOfHashes(leaves.slice(0, size)) })

test('the hash of the empty leaf, and of a node (RFC 6962, test data of its reference implementation)', () => {
  const empty = hashLeaf(Buffer.alloc(0))
  expect(Buffer.from(empty, 'latin1').toString('hex')).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  )
  const two = hashNode(empty, hashLeaf(Buffer.of(0)))
  expect(Buffer.from(two, 'latin1').toString('hex')).toBe(
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  )
})

test.for(sizes)('the root of %i leaves', (size) => {
  const edge = emptyEdge()
  for (const leaf of leaves.slice(0, size)) appendLeaf(edge, leaf, () => expect.unreachable('no tile is full'))
  expect(edgeRoot(edge)).toBe(headOf(size).root)
  expect(edgeRoot(copyEdge(edge))).toBe(headOf(size).root)
  expect(subtreeRoot(node, 0, size)).toBe(headOf(size).root)
})

describe('inclusion', () => {
  test.for(sizes)('of every leaf of %i, and of it alone', (size) => {
    for (let index = 0; index < size; index++) {
      const proof = proveInclusion(node, index, size)
      const leaf = node(0, index)
      expect(checkInclusion(leaf, index, headOf(size), proof)).toBe(true)
      for (const other of sizes.filter((n) => n - 1 !== index && n <= size))
        expect(checkInclusion(node(0, other - 1), index, headOf(size), proof), 'another leaf').toBe(false)
      const changed = proof.map((hash) => hashNode(hash, hash))
      for (let i = 0; i < proof.length; i++)
        expect(checkInclusion(leaf, index, headOf(size), proof.with(i, changed[i] ?? leaf)), 'another hash').toBe(false)
      expect(checkInclusion(leaf, index, headOf(size), [...proof, leaf]), 'a hash more').toBe(false)
      if (proof.length > 0)
        expect(checkInclusion(leaf, index, headOf(size), proof.slice(0, -1)), 'a hash less').toBe(false)
      expect(checkInclusion(leaf, index + size, headOf(size), proof), 'beyond the tree').toBe(false)
    }
  })
})

describe('consistency', () => {
  test.for(sizes)('of every tree with %i leaves, and of it alone', (size) => {
    for (let before = 1; before <= size; before++) {
      const proof = proveConsistency(node, before, size)
      expect(checkConsistency(headOf(before), headOf(size), proof), `${before} in ${size}`).toBe(true)
      const forged = { size: before, root: hashNode(node(0, 0), node(0, 0)) }
      expect(checkConsistency(forged, headOf(size), proof), 'another beginning').toBe(false)
      expect(checkConsistency(headOf(before), headOf(size), [...proof, node(0, 0)]), 'a hash more').toBe(false)
      for (let i = 0; i < proof.length; i++)
        expect(checkConsistency(headOf(before), headOf(size), proof.with(i, forged.root))).toBe(false)
    }
    const nothing = { size: 0, root: node(0, 0) }
    expect(checkConsistency(nothing, headOf(size), [])).toBe(true)
    expect(checkConsistency(headOf(size), nothing, [])).toBe(false)
  })
})

describe('a proof as a file (C2SP tlog-proof)', () => {
  const proof = { index: 5, hashes: proveInclusion(node, 5, most), checkpoint: 'host/audit/x\n70\n…\n\n— x y\n' }
  const text = writeTlogProof(proof)

  test('is read as it was written, also with data that is not authenticated', () => {
    expect(readTlogProof(text)).toEqual(proof)
    expect(readTlogProof(text.replace('\nindex', '\nextra YQ==\nindex'))).toEqual(proof)
    const alone = { index: 0, hashes: [], checkpoint: 'c' }
    expect(readTlogProof(writeTlogProof(alone))).toEqual(alone)
  })

  test.for([
    ['another version', text.replace('@v1', '@v2')],
    ['no index', text.replace('index 5\n', '')],
    ['an index with a zero before it', text.replace('index 5', 'index 05')],
    ['a hash that is short', text.replace(toBase64(proof.hashes[0] ?? node(0, 0)), 'AAAA')],
    ['no checkpoint', text.slice(0, text.indexOf('\n\n'))],
    ['nothing', ''],
  ] as const)('refused: %s', ([, changed]) => {
    expect(changed).not.toBe(text)
    expect(readTlogProof(changed)).toBeUndefined()
  })
})

test('base64 has one text for each hash', () => {
  const text = toBase64(node(0, 0))
  expect(hashFromBase64(text)).toBe(node(0, 0))
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const next = alphabet[alphabet.indexOf(text[42] ?? '') + 1] ?? '-'
  expect(hashFromBase64(`${text.slice(0, 42)}${next}=`), 'bits beyond the last byte').toBeUndefined()
  expect(hashFromBase64(text.slice(0, -1))).toBeUndefined()
})
