/** Bytes that come in parts, however small: they take no more than twice their length, and are copied a few times at most. */
export interface Gathered {
  add(part: Buffer): void
  /** What is there: a view that stays as it is. */
  bytes(): Buffer
  /** Forgets the first of them. */
  drop(length: number): void
}

const leastBytes = 256

export function createGathered(): Gathered {
  let buffer = Buffer.alloc(0)
  let start = 0
  let end = 0
  return {
    add(part) {
      if (end + part.length > buffer.length) {
        const length = end - start
        const larger = Buffer.allocUnsafe(Math.max(2 * length, length + part.length, leastBytes))
        buffer.copy(larger, 0, start, end)
        buffer = larger
        start = 0
        end = length
      }
      end += part.copy(buffer, end)
    },
    bytes: () => buffer.subarray(start, end),
    drop(length) {
      start += length
    },
  }
}
