import { Client, credentials } from '@grpc/grpc-js'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { checkPath } from '../../../pdp/doors/ext-authz/check-method.ts'
import { framed } from '../../../pdp/doors/grpc/framing.ts'
import { checkBytes, readCheckAnswer } from '../../support/check-messages.ts'
import { callFields } from '../../support/echo-server.ts'
import { eventually } from '../../support/eventually.ts'
import { connectRaw, type RawConnection } from '../../support/raw-connection.ts'
import {
  frame,
  frameFlags,
  frameTypes,
  headerBlock,
  type HeaderList,
  settings,
  uint32,
} from '../../support/raw-http2.ts'
import { bearer, svid } from '../../support/world.ts'
import { callGrpc, createSite, run, type Run, type Site, stop, usual } from './harness.ts'

// Frames that no library sends, against the listener of ext_authz in a process of its own. Meanwhile and afterwards others
// are answered, health too, and what the process holds in memory is bounded.

let site: Site
let started: Run
let port: number
let client: Client

beforeAll(async () => {
  site = await createSite()
  const peps = { gateway: { bearer: 'file:gateway.key', failure_mode_allow: false } }
  const limits = { request_timeout_ms: 2_000, headers_timeout_ms: 1_000, connections }
  await site.configure({ listen: { ...usual.listen, ext_authz: '127.0.0.1:0' }, peps, limits })
  started = run(['start'], site.folder)
  const [, where = ''] = await started.says(/ext_authz (\S+)/)
  port = Number(where.split(':').at(-1))
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
})
afterAll(async () => {
  client.close()
  await stop(started)
  await site.remove()
})

const connections = 1_000

const headersFor = (path: string): HeaderList => callFields(path, [['authorization', `Bearer ${site.key}`]])

const message = () => framed(checkBytes({ headers: bearer(svid({ now: instant(Date.now()) })) }))
const open = (stream: number, path = checkPath, more: HeaderList = []) =>
  frame(frameTypes.headers, frameFlags.endHeaders, stream, headerBlock([...headersFor(path), ...more]))
const reset = (stream: number) => frame(frameTypes.resetStream, 0, stream, uint32(8))

/** Whether another client gets an allow, and health says SERVING. */
async function othersAreAnswered(): Promise<void> {
  const answer = await callGrpc(
    client,
    checkPath,
    checkBytes({ headers: bearer(svid({ now: instant(Date.now()) })) }),
    site.key,
  )
  expect(readCheckAnswer(answer).code).toBe(0)
  expect([...(await callGrpc(client, '/grpc.health.v1.Health/Check', Buffer.alloc(0), ''))]).toEqual([8, 1])
}

const resident = async (): Promise<number> =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${started.child.pid}/status`, 'utf8'))?.[1]) / 1024

const mostMegabytes = 160 // more than before: buffers of one connection, garbage not yet collected

interface Attack {
  readonly name: string
  /** Sends it, and answers once it has sent all, or cannot. */
  send(connection: RawConnection): Promise<unknown>
  /** What becomes of the connection; absent: it may go on. */
  readonly end?: 'ended'
}

const repeated = async (connection: RawConnection, times: number, make: (i: number) => readonly Uint8Array[]) => {
  for (let i = 0; i < times; i++) if (!(await connection.send(...make(i)))) return
}

const attacks: readonly Attack[] = [
  {
    name: 'CONTINUATION flood: a block of headers without end (CVE-2024-27983)',
    async send(connection) {
      await connection.send(frame(frameTypes.headers, 0, 1, headerBlock(headersFor(checkPath))))
      const more = headerBlock([['x-filler', 'x'.repeat(1_000)]])
      await repeated(connection, 20_000, () => [frame(frameTypes.continuation, 0, 1, more)])
    },
    end: 'ended',
  },
  {
    name: 'CONTINUATION flood of empty frames',
    async send(connection) {
      await connection.send(frame(frameTypes.headers, 0, 1, headerBlock(headersFor(checkPath))))
      const empty = Buffer.concat(Array.from({ length: 1_000 }, () => frame(frameTypes.continuation, 0, 1)))
      await repeated(connection, 100, () => [empty])
    },
    end: 'ended',
  },
  {
    name: '10,000 idle streams: opened, and nothing sent on them',
    send: (connection) =>
      repeated(connection, 100, (i) => Array.from({ length: 100 }, (_, j) => open(2 * (100 * i + j) + 1))),
  },
  {
    name: 'rapid reset: 10,000 checks, each given up at once (CVE-2023-44487)',
    send(connection) {
      const data = message()
      return repeated(connection, 100, (i) =>
        Array.from({ length: 100 }, (_, j) => 2 * (100 * i + j) + 1).flatMap((stream) => [
          open(stream),
          frame(frameTypes.data, frameFlags.endStream, stream, data.subarray(0, 500)),
          reset(stream),
        ]),
      )
    },
  },
  {
    name: 'SETTINGS flood: 100,000 frames, whose acknowledgements nobody reads fast (CVE-2019-9515)',
    send: (connection) => repeated(connection, 100, () => Array.from({ length: 1_000 }, () => settings([3, 100]))),
  },
  {
    name: 'PING flood: 100,000 frames (CVE-2019-9512)',
    send: (connection) =>
      repeated(connection, 100, () =>
        Array.from({ length: 1_000 }, () => frame(frameTypes.ping, 0, 0, randomBytes(8))),
      ),
  },
  {
    name: 'empty DATA flood (CVE-2019-9518)',
    async send(connection) {
      await connection.send(open(1))
      await repeated(connection, 100, () => Array.from({ length: 1_000 }, () => frame(frameTypes.data, 0, 1)))
    },
  },
  {
    name: 'WINDOW_UPDATE beyond 2^31-1 (CVE-2026-21714)',
    send: (connection) => repeated(connection, 100, () => [frame(frameTypes.windowUpdate, 0, 0, uint32(2 ** 31 - 1))]),
    end: 'ended',
  },
  {
    name: 'a block of headers that is no HPACK (CVE-2025-59465)',
    send: (connection) =>
      connection.send(frame(frameTypes.headers, frameFlags.endHeaders, 1, Buffer.alloc(2_000, 0xff))),
    end: 'ended',
  },
  {
    name: 'HPACK bomb: one header kept, named 100,000 times',
    async send(connection) {
      await connection.send(
        frame(
          frameTypes.headers,
          frameFlags.endHeaders,
          1,
          headerBlock([...headersFor(checkPath), ['x-bomb', 'x'.repeat(3_000)]], true),
        ),
      )
      const block = Buffer.alloc(16_000, 0x80 | 62)
      await repeated(connection, 50, (i) => [frame(frameTypes.headers, frameFlags.endHeaders, 2 * i + 3, block)])
    },
  },
  {
    name: 'abrupt ends: 200 connections that end within a message',
    async send() {
      for (let i = 0; i < 200; i++) {
        const one = await connectRaw(port)
        await one.send(open(1), frame(frameTypes.data, 0, 1, message().subarray(0, 100)))
        one.close()
      }
    },
  },
]

test.each(attacks)('$name', async ({ send, end }) => {
  await othersAreAnswered()
  const before = await resident()
  const connection = await connectRaw(port)
  let going = true
  const sending = send(connection).finally(() => {
    going = false
  })
  do await othersAreAnswered()
  while (going)
  await sending
  if (end === 'ended') await eventually(() => expect(connection.ended()).toBe(true))
  await othersAreAnswered()
  expect((await resident()) - before).toBeLessThan(mostMegabytes)
  connection.close()
  expect(started.child.exitCode).toBeNull()
})

test('10,000 idle connections: no more than may be open at once are taken, and others are answered on theirs', async () => {
  await othersAreAnswered()
  const before = await resident()
  const sockets: Socket[] = []
  for (let i = 0; i < 50; i++) {
    const some = Array.from({ length: 200 }, () =>
      connect(port, '127.0.0.1')
        .resume()
        .on('error', () => undefined),
    )
    await Promise.all(
      some.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
    )
    sockets.push(...some)
    if (i % 10 === 9) await othersAreAnswered()
  }
  const open = () => sockets.filter(({ destroyed }) => !destroyed).length
  await eventually(() => expect(open()).toBeLessThanOrEqual(connections))
  expect((await resident()) - before).toBeLessThan(mostMegabytes)
  await eventually(() => expect(open(), 'that never say a word').toBe(0))
  await othersAreAnswered()
})

test('idle streams end by themselves', async () => {
  const connection = await connectRaw(port)
  await connection.send(open(1), open(3))
  await eventually(() => expect(connection.count(frameTypes.resetStream)).toBe(2))
  connection.close()
})

/** One call by hand: its message is answered, or how the call ended without one. */
async function answerTo(path: string, body: Uint8Array, more: HeaderList = []) {
  const parts: Buffer[] = []
  let over = false
  const connection = await connectRaw(port, ({ type, flags, payload }) => {
    if (type === frameTypes.data) parts.push(Buffer.from(payload))
    if ((type === frameTypes.headers && flags & frameFlags.endStream) || type === frameTypes.resetStream) over = true
  })
  await connection.send(open(1, path, more))
  for (let at = 0; at < body.length; at += 16_000) {
    const last = at + 16_000 >= body.length
    await connection.send(frame(frameTypes.data, last ? frameFlags.endStream : 0, 1, body.subarray(at, at + 16_000)))
  }
  await eventually(() => expect(over || connection.ended()).toBe(true))
  connection.close()
  const answer = Buffer.concat(parts)
  return answer.length > 5 ? readCheckAnswer(answer.subarray(5)) : undefined
}

test.each<[name: string, body: () => Uint8Array]>([
  ['bad protobuf', () => framed(Buffer.from('ffffffffff', 'hex'))],
  [
    'a compressed bomb',
    () => {
      const bomb = framed(gzipSync(Buffer.alloc(8_000_000)))
      bomb[0] = 1
      return bomb
    },
  ],
  ['a message that is cut short', () => message().subarray(0, -1)],
  ['two messages', () => Buffer.concat([message(), message()])],
])('%s: an explicit denial, and not an error of the call', async (_, body) => {
  expect(await answerTo(checkPath, message())).toMatchObject({ code: 0 })
  expect(await answerTo(checkPath, body())).toMatchObject({ code: 7, http: 400 })
})

test.each([
  'Check',
  '/envoy.service.auth.v3.Authorization/check',
  '/envoy.service.auth.v2.Authorization/Check',
  '//x',
  '*',
])('a wrong method name, %s: never an answer to it (CVE-2026-33186)', async (path) => {
  expect(await answerTo(checkPath, message())).toMatchObject({ code: 0 })
  expect(await answerTo(path, message())).toBeUndefined()
})
