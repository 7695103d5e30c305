import { type ErrorCode, errorCodes, frameFlags } from './frames.ts'
import { headLimits } from './request-head.ts'

/** A block of header fields, whole. */
export interface HeaderBlock {
  readonly stream: number
  readonly endStream: boolean
  readonly bytes: Buffer
}

/** Puts the blocks of HEADERS and CONTINUATION together (RFC 9113 §6.2, §6.10). Either answers the error of the connection. */
export interface HeaderBlocks {
  /** Whether a block has begun: then its next frame must follow, and no other (§4.3). */
  isOpen(): boolean
  begin(flags: number, stream: number, payload: Buffer): ErrorCode | undefined
  goOn(flags: number, stream: number, payload: Buffer): ErrorCode | undefined
}

const mostFrames = 32 // of one block: CONTINUATION without end (CVE-2024-27316), and without bytes
const priorityBytes = 5

export function createHeaderBlocks(take: (block: HeaderBlock) => ErrorCode | undefined): HeaderBlocks {
  let open: { stream: number; endStream: boolean; parts: Buffer[]; bytes: number } | undefined
  return {
    isOpen: () => open !== undefined,
    begin(flags, stream, payload) {
      let bytes = unpadded(flags, payload)
      if (!bytes) return errorCodes.protocol
      if (flags & frameFlags.priority) {
        if (bytes.length < priorityBytes) return errorCodes.frameSize
        bytes = bytes.subarray(priorityBytes) // which says nothing any more (§5.3.2)
      }
      const endStream = (flags & frameFlags.endStream) !== 0
      if (flags & frameFlags.endHeaders) return take({ stream, endStream, bytes })
      open = { stream, endStream, parts: [Buffer.from(bytes)], bytes: bytes.length } // not the whole of what was read
      return undefined
    },
    goOn(flags, stream, payload) {
      if (open?.stream !== stream) return errorCodes.protocol
      open.parts.push(Buffer.from(payload))
      open.bytes += payload.length
      if (open.parts.length > mostFrames || open.bytes > headLimits.bytes) return errorCodes.enhanceYourCalm
      if (!(flags & frameFlags.endHeaders)) return undefined
      const { endStream, parts } = open
      open = undefined
      return take({ stream, endStream, bytes: Buffer.concat(parts) })
    },
  }
}

/** The payload of HEADERS or DATA without padding; undefined where there is more padding than payload (§6.1). */
export function unpadded(flags: number, payload: Buffer): Buffer | undefined {
  if (!(flags & frameFlags.padded)) return payload
  const padding = payload[0]
  if (padding === undefined || padding >= payload.length) return undefined
  return payload.subarray(1, payload.length - padding)
}
