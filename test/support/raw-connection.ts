import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createFrameReader, type Frame, frameTypes, preface, settings } from './raw-http2.ts'

/** A connection of HTTP/2 on which a test writes whatever frames it likes. */
export interface RawConnection {
  /** Writes bytes, and waits while the other side does not read. False once the connection has ended. */
  send(...frames: readonly Uint8Array[]): Promise<boolean>
  /** How many frames of each type came so far. */
  count(type: number): number
  /** The error code of GOAWAY, once it came. */
  goAway(): number | undefined
  ended(): boolean
  close(): void
}

/** `heard`: called with each frame; its payload is good for that call alone. */
export async function connectRaw(
  port: number,
  heard: (frame: Frame) => void = () => undefined,
): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const counts = new Map<number, number>()
  let goAway: number | undefined
  let ended = false
  const read = createFrameReader((frame) => {
    counts.set(frame.type, (counts.get(frame.type) ?? 0) + 1)
    if (frame.type === frameTypes.goAway) goAway = frame.payload.readUInt32BE(4)
    heard(frame)
  })
  socket.on('data', read)
  socket.on('error', () => undefined) // a reset is one of the ends that a server may choose
  const end = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  void end.then(() => {
    ended = true
  })
  await once(socket, 'connect')
  socket.write(Buffer.concat([preface, settings()]))
  return {
    async send(...frames) {
      if (ended || socket.writableEnded) return false
      const flushed = socket.write(Buffer.concat(frames))
      if (flushed)
        await turn() // so that what comes is read meanwhile
      else await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), end])
      return !ended
    },
    count: (type) => counts.get(type) ?? 0,
    goAway: () => goAway,
    ended: () => ended,
    close: () => socket.destroy(),
  }
}
