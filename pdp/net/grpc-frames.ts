/** Messages that are whole now, and why no more will come. */
export interface GrpcFrames {
  readonly messages: readonly Buffer[]
  readonly fault?: string
}

/** Takes the bytes of a stream apart into messages (gRPC over HTTP/2, Length-Prefixed-Message). */
export interface FrameReader {
  push(chunk: Buffer): GrpcFrames
  /** Part of a message is there, and the rest is not. */
  isWithin(): boolean
}

const prefixLength = 5

/** Makes a reader of messages of at most `maximumBytes`. A length beyond it is refused before anything of it is kept. */
export function readFrames(maximumBytes: number): FrameReader {
  let parts: Buffer[] = []
  let held = 0
  let needed = prefixLength // until the next prefix, or the next whole message with it
  return {
    isWithin: () => held > 0,
    push(chunk) {
      parts.push(chunk)
      held += chunk.length
      const messages: Buffer[] = []
      while (held >= needed) {
        const all = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
        if (all[0] !== 0) return { messages, fault: 'a message is compressed' }
        const length = all.readUInt32BE(1)
        if (length > maximumBytes) return { messages, fault: `a message is longer than ${maximumBytes} bytes` }
        needed = prefixLength + length
        const isWhole = all.length >= needed
        if (isWhole) messages.push(all.subarray(prefixLength, needed))
        const rest = isWhole ? all.subarray(needed) : all
        parts = rest.length > 0 ? [rest] : []
        held = rest.length
        if (!isWhole) break
        needed = prefixLength
      }
      return { messages }
    },
  }
}
