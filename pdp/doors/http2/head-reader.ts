import { createHpackDecoder } from './hpack/decoder.ts'
import { areTrailers, createFieldList, readRequestHead, type RequestHead } from './request-head.ts'

/** What a block of header fields came to. */
export type HeadOutcome<Route> =
  | { readonly kind: 'route'; readonly route: Route; readonly contentLength: number }
  /** Not a request (RFC 9113 §8.1.1). */
  | { readonly kind: 'malformed' }
  /** More fields than may be. */
  | { readonly kind: 'too-long' }
  /** The state that both sides share is lost (§4.3). */
  | { readonly kind: 'lost' }

/** Reads the blocks of one connection, every one in order, also of streams that are refused. */
export interface HeadReader<Route> {
  request(block: Buffer): HeadOutcome<Route>
  trailers(block: Buffer): 'trailers' | 'malformed' | 'lost'
  /** Reads a block for what it has kept alone. False where the state is lost. */
  pass(block: Buffer): boolean
}

// what a connection can have us remember: 64 KiB of fields, whatever they unpack to
const knownBlocks = 16
const longestKnown = 256
const longestFields = 4_096
/** Of a request that says nothing of the length of its body. */
export const anyLength = -1

/**
 * Remembers what blocks came to, as long as they mean the same: a client that asks again and again sends the same few
 * bytes, which refer to what it had kept. Whatever changes the table forgets them all, and a block that changes it is
 * never remembered. `route`: called once for what is remembered; what it answers is shared by those streams.
 */
export function createHeadReader<Route>(route: (head: RequestHead) => Route): HeadReader<Route> {
  const hpack = createHpackDecoder()
  const known = new Map<string, HeadOutcome<Route>>()
  let knownAt = hpack.changes()

  function decode(block: Buffer, list = createFieldList()): HeadOutcome<Route> {
    if (!hpack.decode(block, list.add)) return { kind: 'lost' }
    const fields = list.fields()
    if (!fields) return { kind: 'too-long' }
    const head = readRequestHead(fields)
    if (!head) return { kind: 'malformed' }
    return { kind: 'route', route: route(head), contentLength: head.contentLength ?? anyLength }
  }

  return {
    request(block) {
      if (block.length > longestKnown) return decode(block)
      const changes = hpack.changes()
      if (changes !== knownAt) {
        known.clear()
        knownAt = changes
      }
      const key = block.toString('latin1')
      const found = known.get(key)
      if (found) return found
      const list = createFieldList()
      const outcome = decode(block, list)
      if (hpack.changes() === knownAt && outcome.kind === 'route' && list.bytes() <= longestFields) {
        if (known.size >= knownBlocks) known.clear()
        known.set(key, outcome)
      }
      return outcome
    },
    trailers(block) {
      const list = createFieldList()
      if (!hpack.decode(block, list.add)) return 'lost'
      const fields = list.fields()
      return fields && areTrailers(fields) ? 'trailers' : 'malformed'
    },
    pass: (block) => hpack.decode(block, () => undefined),
  }
}
