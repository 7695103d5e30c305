import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** A proxy that hands on what a client sends within so many milliseconds at once. */
export interface Gathering {
  readonly port: number
  close(): Promise<void>
}

/** Starts one before a port of loopback. Frames that a client sends one after another come together, before any of them is answered. */
export async function gather(target: number, ms: number): Promise<Gathering> {
  const server = createServer((client) => {
    const peer = connect(target, '127.0.0.1')
    let held: Buffer[] = []
    let timer: NodeJS.Timeout | undefined
    const flush = () => {
      timer = undefined
      peer.write(Buffer.concat(held))
      held = []
    }
    client.on('data', (piece) => {
      held.push(Buffer.from(piece))
      timer ??= setTimeout(flush, ms)
    })
    client.on('end', () => {
      if (timer) clearTimeout(timer)
      if (held.length > 0) flush()
      peer.end()
    })
    peer.pipe(client)
    for (const [one, other] of [[client, peer] as const, [peer, client] as const]) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return {
    port,
    async close() {
      server.close()
      await once(server, 'close')
    },
  }
}
