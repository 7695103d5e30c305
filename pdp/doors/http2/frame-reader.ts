import { clientPreface, frameHeadBytes } from './frames.ts'

/** Takes a frame. Its payload may be kept: nothing is written to it later. Answers whether more are wanted. */
export type TakeFrame = (type: number, flags: number, stream: number, payload: Buffer) => boolean

/** Why the bytes are not read on: they do not begin as a client does, or a frame is longer than it may be. */
export type ReadFault = 'preface' | 'length'

export interface FrameReader {
  /** Takes what arrived, in any pieces. Answers a fault; after one, and after `take` wanted no more, it is not called again. */
  read(chunk: Buffer): ReadFault | undefined
}

/**
 * Reads the preface of a client, then frames with at most `longest` bytes of payload. A frame that comes in pieces is
 * copied into one buffer of its length, so that slow pieces cost no more than their bytes.
 */
export function createFrameReader(longest: number, take: TakeFrame): FrameReader {
  let prefaceBytes = 0
  const head = Buffer.alloc(frameHeadBytes)
  let headBytes = 0 // of a frame whose head did not come whole
  let payload: Buffer | undefined // of a frame that did not come whole
  let payloadBytes = 0

  function readPreface(chunk: Buffer): number {
    const bytes = Math.min(clientPreface.length - prefaceBytes, chunk.length)
    if (chunk.compare(clientPreface, prefaceBytes, prefaceBytes + bytes, 0, bytes) !== 0) return -1
    prefaceBytes += bytes
    return bytes
  }

  /** Adds to the frame that did not come whole. Answers where it ends in this chunk, or undefined where it wants no more. */
  function readPiece(chunk: Buffer, from: number): number | undefined {
    let at = from
    if (!payload) {
      const bytes = chunk.copy(head, headBytes, at)
      headBytes += bytes
      at += bytes
      if (headBytes < frameHeadBytes) return at
      const length = lengthAt(head, 0)
      if (length > longest) return -1
      payload = Buffer.allocUnsafe(length)
      payloadBytes = 0
    }
    const bytes = chunk.copy(payload, payloadBytes, at)
    payloadBytes += bytes
    at += bytes
    if (payloadBytes < payload.length) return at
    const whole = payload
    payload = undefined
    headBytes = 0
    return take(head[3] ?? 0, head[4] ?? 0, streamAt(head, 0), whole) ? at : undefined
  }

  return {
    read(chunk) {
      let at = 0
      if (prefaceBytes < clientPreface.length) {
        at = readPreface(chunk)
        if (at < 0) return 'preface'
      }
      while (at < chunk.length) {
        if (headBytes === 0 && chunk.length - at >= frameHeadBytes) {
          const length = lengthAt(chunk, at)
          if (length > longest) return 'length'
          const start = at + frameHeadBytes
          if (start + length <= chunk.length) {
            const whole = chunk.subarray(start, start + length)
            if (!take(chunk[at + 3] ?? 0, chunk[at + 4] ?? 0, streamAt(chunk, at), whole)) return undefined
            at = start + length
            continue
          }
        }
        const next = readPiece(chunk, at)
        if (next === undefined) return undefined
        if (next < 0) return 'length'
        at = next
      }
      return undefined
    },
  }
}

const lengthAt = (bytes: Buffer, at: number): number => bytes.readUIntBE(at, 3)

/** The id without its reserved bit, which is ignored (RFC 9113 §4.1). */
const streamAt = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at + 5) & 0x7fff_ffff
