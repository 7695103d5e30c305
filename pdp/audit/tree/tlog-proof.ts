import { hashFromBase64, type Hash, toBase64 } from './merkle-hash.ts'

/** An offline proof that an entry is in a log (C2SP tlog-proof). `checkpoint`: the signed note, not verified here. */
export interface TlogProof {
  readonly index: number
  readonly hashes: readonly Hash[]
  readonly checkpoint: string
}

const head = 'c2sp.org/tlog-proof@v1'
const maximumHashes = 63

export const writeTlogProof = ({ index, hashes, checkpoint }: TlogProof): string =>
  [head, `index ${index}`, ...hashes.map(toBase64), '', checkpoint].join('\n')

/** Reads a proof; undefined for any text that is none. Extra data is read over: it is not authenticated. */
export function readTlogProof(text: string): TlogProof | undefined {
  const end = text.indexOf('\n\n')
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (first !== head) return undefined
  if (lines[0]?.startsWith('extra ')) lines.shift()
  const [, digits] = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '') ?? []
  const hashes = lines.map(hashFromBase64).filter((hash) => hash !== undefined)
  const index = Number(digits)
  if (digits === undefined || !Number.isSafeInteger(index)) return undefined
  if (hashes.length !== lines.length || hashes.length > maximumHashes) return undefined
  return { index, hashes, checkpoint: text.slice(end + 2) }
}
