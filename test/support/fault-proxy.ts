import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on loopback that spoils what goes through it. */
export interface FaultProxy {
  readonly port: number
  /** From now on every byte, in both directions, is held back by so long; 0 for none. */
  delay(ms: number): void
  /** From now on bytes are swallowed in this direction, on connections that are open too: half open, nobody is told. */
  swallow(direction: 'requests' | 'replies' | 'both' | 'none'): void
  /** Cuts every connection with a reset. */
  reset(): void
  /** Takes no new connections and cuts those there are; `true` lets them come again. */
  up(is: boolean): void
  /** Cuts each connection after so many bytes of replies, in the middle of one; undefined for never. */
  cutAfter(bytes: number | undefined): void
  /** How many connections were taken so far. */
  connections(): number
  close(): Promise<void>
}

/** Starts a proxy before a port of loopback. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  let delayMs = 0
  let swallowed: 'requests' | 'replies' | 'both' | 'none' = 'none'
  let isUp = true
  let cut: number | undefined
  let taken = 0
  const open = new Set<Socket>()

  const server = createServer((client) => {
    taken++
    if (!isUp) {
      client.resetAndDestroy()
      return
    }
    const peer = connect(target, '127.0.0.1')
    let replied = 0
    const end = () => {
      client.destroy()
      peer.destroy()
    }
    for (const socket of [client, peer]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', () => {
        open.delete(socket)
        end()
      })
    }
    const forward = (from: Socket, to: Socket, direction: 'requests' | 'replies') =>
      from.on('data', (bytes) => {
        if (swallowed === direction || swallowed === 'both') return
        let piece = bytes
        if (direction === 'replies' && cut !== undefined) {
          piece = bytes.subarray(0, Math.max(0, cut - replied))
          replied += bytes.length
        }
        const write = () => {
          if (to.destroyed) return
          to.write(piece)
          if (direction === 'replies' && cut !== undefined && replied >= cut) to.end(end)
        }
        if (delayMs > 0) setTimeout(write, delayMs)
        else write()
      })
    forward(client, peer, 'requests')
    forward(peer, client, 'replies')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutAll = () => {
    for (const socket of open) socket.resetAndDestroy()
  }
  return {
    port: (server.address() as AddressInfo).port, // of a TCP server
    delay: (ms) => void (delayMs = ms),
    swallow: (direction) => void (swallowed = direction),
    reset: cutAll,
    up(is) {
      isUp = is
      if (!is) cutAll()
    },
    cutAfter: (bytes) => void (cut = bytes),
    connections: () => taken,
    async close() {
      cutAll()
      server.close()
      await once(server, 'close')
    },
  }
}
