import type { Socket } from 'node:net'

/** What is to be written on a connection. */
export interface Outbox {
  push(bytes: Uint8Array): void
  /** Writes what there is now. */
  flush(): void
  /** Whether the client does not take what was written; meanwhile nothing is read from it. */
  isBackedUp(): boolean
}

/**
 * Writes once what comes together: all answers of one turn of the event loop are one write. While the client does not take
 * them nothing more is read from it, so that it cannot have us fill our memory with answers.
 */
export function createOutbox(socket: Socket): Outbox {
  let pieces: Uint8Array[] = []
  let isScheduled = false
  let isBackedUp = false
  const flush = () => {
    isScheduled = false
    const [first] = pieces
    if (!first || !socket.writable) return
    const bytes = pieces.length === 1 ? first : Buffer.concat(pieces)
    pieces = []
    if (socket.write(bytes) || isBackedUp) return
    isBackedUp = true
    socket.pause()
  }
  socket.on('drain', () => {
    isBackedUp = false
    socket.resume()
  })
  return {
    push(bytes) {
      pieces.push(bytes)
      if (isScheduled) return
      isScheduled = true
      setImmediate(flush)
    },
    flush,
    isBackedUp: () => isBackedUp,
  }
}
