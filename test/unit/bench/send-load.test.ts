import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { postJson } from '../../../bench/contenders/post-json.ts'
import { freePort } from '../../../bench/contenders/free-port.ts'
import { type Load, sendLoad } from '../../../bench/load/send-load.ts'

const closers: (() => unknown)[] = []
afterEach(() => Promise.all(closers.splice(0).map((close) => close())))

async function listening(server: Server): Promise<number> {
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return port
}

function load(port: number, requests: number): Load {
  let left = requests
  return {
    host: '127.0.0.1',
    port,
    connections: 8,
    next: () => (left-- > 0 ? postJson('/', { n: left }) : undefined),
    isGood: ({ status }) => status === 200,
  }
}

const answering = (listener: RequestListener) => listening(createServer(listener))

test('every request is answered once, over as many connections as were asked for', async () => {
  const sockets = new Set<unknown>()
  let requests = 0
  const port = await answering((request, response) => {
    requests++
    sockets.add(request.socket)
    request.resume().on('end', () => response.end('{}'))
  })
  expect(await sendLoad(load(port, 500))).toEqual({ answered: 500, good: 500 })
  expect([requests, sockets.size]).toEqual([500, 8])
})

test('answers that are not good are told from the others', async () => {
  let n = 0
  const port = await answering((request, response) => {
    response.statusCode = ++n % 10 === 0 ? 503 : 200
    request.resume().on('end', () => response.end(`answer ${response.statusCode}`))
  })
  const { answered, good, bad } = await sendLoad(load(port, 100))
  expect([answered, good, bad?.status, bad?.body.toString()]).toEqual([100, 90, 503, 'answer 503'])
})

test('a server that closes a connection instead of answering fails the load', async () => {
  const port = await listening(createTcpServer((socket) => socket.once('data', () => socket.end())))
  await expect(sendLoad(load(port, 20))).rejects.toThrow('the server closed a connection that waited for its answer')
})

test('a server that does not listen fails the load', async () => {
  await expect(sendLoad(load(await freePort(), 20))).rejects.toThrow('ECONNREFUSED')
})
