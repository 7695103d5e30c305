import type { Socket } from 'node:net'

/** What is to be written on a connection. */
export interface Outbox {
  push(bytes: Uint8Array): void
  /** Writes what there is now. */
  flush(): void
  /** Whether the client takes what is written; while it does not, nothing is read from it. */
  isBackedUp(): boolean
  /** Whether more than the frames of the connection itself may be pushed. */
  hasRoom(): boolean
}

const mostBytes = 262_144

/**
 * Writes once what comes together: all answers of one turn of the event loop are one write. While the client does not take
 * them nothing more is read from it, so that it cannot have us fill our memory with answers. `room`: called whenever
 * there is room again.
 */
export function createOutbox(socket: Socket, room: () => void): Outbox {
  let pieces: Uint8Array[] = []
  let bytes = 0
  let isScheduled = false
  let isBackedUp = false
  const flush = () => {
    isScheduled = false
    const [first] = pieces
    if (!first || !socket.writable) return
    const whole = pieces.length === 1 ? first : Buffer.concat(pieces, bytes)
    pieces = []
    bytes = 0
    if (!socket.write(whole) && !isBackedUp) {
      isBackedUp = true
      socket.pause()
    }
    if (!isBackedUp) room()
  }
  socket.on('drain', () => {
    isBackedUp = false
    socket.resume()
    room()
  })
  return {
    push(piece) {
      pieces.push(piece)
      bytes += piece.length
      if (isScheduled) return
      isScheduled = true
      setImmediate(flush)
    },
    flush,
    isBackedUp: () => isBackedUp,
    hasRoom: () => !isBackedUp && bytes < mostBytes,
  }
}
