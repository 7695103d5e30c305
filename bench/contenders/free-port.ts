import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below the ports that Linux gives to whoever asks for any (from 32768): so nobody takes one between two listeners of its own.
const first = 20_000
const end = 32_000

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(first, end)
    if (await isFree(port)) return port
  }
  throw new Error('no free port found')
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
