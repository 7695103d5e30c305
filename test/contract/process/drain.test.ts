import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createDrain } from '../../../pdp/process/drain.ts'
import { createServerCertificate } from '../../support/server-certificate.ts'

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

const kinds = [
  ['HTTP', (listener: RequestListener): Server => createHttpServer(listener)],
  ['HTTPS', (listener: RequestListener): Server => createHttpsServer(createServerCertificate(['localhost']), listener)],
] as const

async function open(server: Server, kind: string, secure = true) {
  const { port } = server.address() as AddressInfo // it listens on TCP
  const socket =
    kind === 'HTTPS' && secure
      ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      : connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => (text += piece))
  await once(socket, kind === 'HTTPS' && secure ? 'secureConnect' : 'connect')
  return {
    socket,
    ask: () => socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
    text: () => text,
    async answered(count = 1) {
      for (let i = 0; i < 400 && text.split('HTTP/1.1 200').length <= count; i++) await delay(5)
      return text
    },
  }
}

async function start(kind: (typeof kinds)[number], listener: RequestListener) {
  const server = kind[1](listener)
  const drain = createDrain(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, drain }
}

describe.for(kinds)('%s', (kind) => {
  const [name] = kind

  test('without connections it is empty at once', async () => {
    const { drain } = await start(kind, (_, response) => response.end('ok'))
    expect(await drain.begin()).toBe(true)
  })

  test('a request under way is answered; one on an idle connection too, and then it closes', async () => {
    const { server, drain } = await start(kind, (_, response) => void setTimeout(() => response.end('ok'), 60))
    const busy = await open(server, name)
    const idle = await open(server, name)
    idle.ask()
    await idle.answered()
    busy.ask()
    await delay(20)
    const empty = drain.begin()
    idle.ask() // was on its way
    expect(await idle.answered(2)).toMatch(/connection: close/i)
    expect(await busy.answered()).toContain('200 OK')
    expect(await empty).toBe(true)
  })

  test('no new connection is taken', async () => {
    const { server, drain } = await start(kind, (_, response) => response.end('ok'))
    const { port } = server.address() as AddressInfo
    const first = await open(server, name)
    first.ask()
    await first.answered()
    const empty = drain.begin()
    await delay(20)
    const late = connect(port, '127.0.0.1')
    const [error] = (await once(late, 'error')) as [Error]
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    drain.hurry()
    expect(await empty).toBe(true)
  })

  test('connections that never asked are closed after a moment, and nothing was cut', async () => {
    const { server, drain } = await start(kind, (_, response) => response.end('ok'))
    await open(server, name)
    expect(await drain.begin()).toBe(true)
  })

  test('a request that does not end is cut, and that is told', async () => {
    const { server, drain } = await start(kind, () => undefined)
    const client = await open(server, name)
    client.ask()
    await delay(20)
    const empty = drain.begin()
    drain.cut()
    expect(await empty).toBe(false)
  })

  test('half a request is cut, and that is told', async () => {
    const { server, drain } = await start(kind, (_, response) => response.end('ok'))
    const client = await open(server, name)
    client.socket.write('POST / HTTP/1.1\r\n')
    await delay(20)
    const empty = drain.begin()
    drain.hurry()
    await delay(60)
    drain.cut()
    expect(await empty).toBe(false)
  })
})

test('who never ends the handshake does not hold the process', async () => {
  const [, https] = kinds
  const { server, drain } = await start(https, (_, response) => response.end('ok'))
  await open(server, 'HTTPS', false)
  const empty = drain.begin()
  await delay(20)
  drain.cut()
  expect(await empty).toBe(true)
})
