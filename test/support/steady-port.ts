import { once } from 'node:events'
import type { Server } from 'node:net'
import { freePort } from '../../bench/contenders/free-port.ts'

/** Listens on a port of loopback that nobody is given while this server pauses. Answers that port. */
export async function listenSteadily(server: Server): Promise<number> {
  const port = await freePort()
  await listenAt(server, port)
  return port
}

/** Listens on that port of loopback. */
export async function listenAt(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}
