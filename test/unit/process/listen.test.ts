import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readAddress } from '../../../pdp/config/read-address.ts'
import { listen } from '../../../pdp/process/listen.ts'

let folder = ''
const servers: Server[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-listen-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) if (server.listening) server.close()
  await rm(folder, { recursive: true })
})

const start = (text: string, mode = 0o600) => {
  const address = readAddress(text)
  if (!address) throw new Error(text)
  const server = createServer()
  servers.push(server)
  return listen(server, address, mode)
}

test.for([
  ['127.0.0.1:0', /^127\.0\.0\.1:[1-9]\d*$/],
  ['localhost:0', /^localhost:[1-9]\d*$/],
  ['[::1]:0', /^\[::1\]:[1-9]\d*$/],
] as const)('%s says where', async ([address, says]) => {
  expect(await start(address)).toMatch(says)
})

test.for([0o600, 0o660, 0o666])('a socket has its mode: %i', async (mode) => {
  const path = join(folder, 'new', 'pdp.sock')
  const mask = process.umask()
  expect(await start(`unix:${path}`, mode)).toBe(`unix:${path}`)
  expect((await stat(path)).mode & 0o777).toBe(mode)
  expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700)
  expect(process.umask()).toBe(mask)
})

describe('what stands in the place of a socket', () => {
  test('a socket that a dead process left is replaced', async () => {
    const path = join(folder, 'pdp.sock')
    await leaveSocket(path)
    expect((await stat(path)).isSocket()).toBe(true)
    await start(`unix:${path}`)
    const client = connect(path)
    await once(client, 'connect')
    client.destroy()
  })

  test('a socket that is served is not', async () => {
    const path = join(folder, 'pdp.sock')
    await start(`unix:${path}`)
    await expect(start(`unix:${path}`)).rejects.toThrow('is in use by another process')
  })

  test('a file is not', async () => {
    const path = join(folder, 'pdp.sock')
    await writeFile(path, 'precious')
    await expect(start(`unix:${path}`)).rejects.toThrow('is a file that is no socket')
  })
})

test('a port that is in use', async () => {
  const where = await start('127.0.0.1:0')
  await expect(start(where)).rejects.toThrow(`${where}: is in use: stop what listens there, or name another address`)
})

/** A process that listens on the socket and is killed. */
async function leaveSocket(path: string): Promise<void> {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGKILL')
  await once(child, 'exit')
}
