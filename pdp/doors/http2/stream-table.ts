import type { OpenStream } from './stream.ts'

/** The streams of a connection, by id (RFC 9113 §5.1.1). */
export interface StreamTable {
  get(id: number): OpenStream | undefined
  add(stream: OpenStream): void
  remove(id: number): void
  /** What still comes of a stream that ended here before the client had said all is nothing (§5.1). */
  drop(id: number): void
  isDropped(id: number): boolean
  all(): Iterable<OpenStream>
  size(): number
  /** The highest id that came. */
  last(): number
  reach(id: number): void
  /** No stream of that id was ever opened. Clients open the odd ones. */
  isIdle(id: number): boolean
}

const rememberedDrops = 4_096

export function createStreamTable(): StreamTable {
  const streams = new Map<number, OpenStream>()
  const dropped = new Set<number>()
  let last = 0
  return {
    get: (id) => streams.get(id),
    add: (stream) => void streams.set(stream.id, stream),
    remove: (id) => void streams.delete(id),
    drop(id) {
      dropped.add(id)
      for (const oldest of dropped) {
        if (dropped.size <= rememberedDrops) return
        dropped.delete(oldest)
      }
    },
    isDropped: (id) => dropped.has(id),
    all: () => streams.values(),
    size: () => streams.size,
    last: () => last,
    reach(id) {
      last = id
    },
    isIdle: (id) => id > last || id % 2 === 0,
  }
}
