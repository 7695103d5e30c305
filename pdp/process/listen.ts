import { chmod, lstat, mkdir, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname } from 'node:path'
import type { Address } from '../config/read-address.ts'

const longestPath = 107 // of sun_path, less its end

/**
 * Begins to listen. A socket file that a dead process left is replaced; a new one has `mode` before anyone can connect.
 * Answers where: `127.0.0.1:7070`, with the port that was found for 0, or `unix:PATH`. Rejects, for the operator, if it
 * cannot. `shared`: other workers listen there too; a socket was prepared for all of them.
 */
export async function listen(server: Server, address: Address, mode: number, shared = false): Promise<string> {
  if (address.kind === 'tcp') {
    await begin(server, () => server.listen({ host: address.host, port: address.port, exclusive: !shared }), address)
    const bound = server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
    return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`
  }
  const { path } = address
  if (!shared) await prepareSocket(path)
  const mask = process.umask(0o177) // binding happens within the call, so nothing else is made under this mask
  try {
    const listening = begin(server, () => server.listen({ path, exclusive: !shared }), address)
    process.umask(mask)
    await listening
  } finally {
    process.umask(mask)
  }
  await chmod(path, mode)
  return `unix:${path}`
}

/** Makes room for a socket: its folder, and no file that a dead process left. Rejects, for the operator, if it cannot. */
export async function prepareSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) throw new Error(`unix:${path}: longer than ${longestPath} bytes`)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await removeStale(path)
}

function begin(server: Server, start: () => unknown, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => reject(new Error(`${nameOf(address)}: ${reasonOf(error)}`))
    server.once('error', failed)
    server.once('listening', () => {
      server.off('error', failed)
      resolve()
    })
    start()
  })
}

const nameOf = (address: Address): string =>
  address.kind === 'unix' ? `unix:${address.path}` : `${address.host}:${address.port}`

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : 'an unknown fault'
  if (code === 'EADDRINUSE') return 'is in use: stop what listens there, or name another address'
  if (code === 'EACCES') return 'may not be used by this user'
  return `cannot be listened on (${code})`
}

/** Removes a socket that nobody answers on. Anything else is not ours to remove. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return
  if (!found.isSocket()) throw new Error(`unix:${path}: is a file that is no socket`)
  if (await answers(path)) throw new Error(`unix:${path}: is in use by another process`)
  await unlink(path)
}

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    const settle = (alive: boolean) => {
      socket.destroy()
      resolve(alive)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', (error) => settle(!('code' in error && error.code === 'ECONNREFUSED')))
  })
