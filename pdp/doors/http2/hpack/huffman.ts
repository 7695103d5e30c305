// The Huffman code of header strings (RFC 7541 §5.2, Appendix B). It is canonical: codes follow from their lengths, in the
// order of length, then of symbol. A length is a digit to base 36; the symbol at its place is a byte, the last one EOS.

const lengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq' +
  'u'

const endOfString = 256
const nothing = 257

/** What four bits lead to from a state: the state after them, and a byte that they complete; the shortest code has five. */
interface Steps {
  /** By 16 × state + four bits; -1: no code, or the end of string, which must not stand in one. */
  readonly next: Int16Array
  readonly symbol: Uint16Array
  /** States in which a string may end: fewer than eight bits, all ones (§5.2). */
  readonly final: Uint8Array
}

/** Children of each node, the bit 0 first; a leaf is its symbol, less than nothing: -1 - symbol. */
type Tree = (readonly [number, number])[]

function buildTree(): Tree {
  const tree: [number, number][] = [[0, 0]]
  const symbols = [...lengths].map((digit, symbol) => ({ symbol, bits: Number.parseInt(digit, 36) }))
  symbols.sort((a, b) => a.bits - b.bits || a.symbol - b.symbol)
  let code = 0
  let length = symbols[0]?.bits ?? 0
  for (const { symbol, bits } of symbols) {
    code *= 2 ** (bits - length)
    length = bits
    let at = 0
    for (let i = bits - 1; i >= 0; i--) {
      const node = tree[at]
      if (!node) break
      const bit = (code >>> i) & 1
      if (i === 0) node[bit] = -1 - symbol
      else if (node[bit] === 0) node[bit] = tree.push([0, 0]) - 1
      at = node[bit] ?? 0
    }
    code++
  }
  return tree
}

function buildSteps(): Steps {
  const tree = buildTree()
  const next = new Int16Array(16 * tree.length)
  const symbol = new Uint16Array(16 * tree.length).fill(nothing)
  for (let state = 0; state < tree.length; state++) {
    for (let four = 0; four < 16; four++) {
      let at = state
      for (let i = 3; i >= 0 && at >= 0; i--) {
        const child = tree[at]?.[(four >>> i) & 1] ?? 0
        if (child === -1 - endOfString) at = -1
        else if (child < 0) {
          symbol[16 * state + four] = -1 - child
          at = 0
        } else at = child
      }
      next[16 * state + four] = at
    }
  }
  const final = new Uint8Array(tree.length)
  for (let depth = 0, at = 0; depth < 8; depth++) {
    final[at] = 1
    at = tree[at]?.[1] ?? 0
  }
  return { next, symbol, final }
}

const { next, symbol, final } = buildSteps()
const shortestCode = 5

/** The string that is coded, a character for each byte; undefined where it is none. */
export function decodeHuffman(bytes: Buffer): string | undefined {
  const out = Buffer.allocUnsafe(Math.ceil((8 * bytes.length) / shortestCode))
  let length = 0
  let state = 0
  for (const byte of bytes) {
    for (let four = byte >>> 4, i = 0; i < 2; i++, four = byte & 15) {
      const step = 16 * state + four
      state = next[step] ?? -1
      if (state < 0) return undefined
      const found = symbol[step] ?? nothing
      if (found !== nothing) out[length++] = found
    }
  }
  return final[state] === 1 ? out.toString('latin1', 0, length) : undefined
}
