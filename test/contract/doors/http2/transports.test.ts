import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Server as TlsServer, connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { framed } from '../../../../pdp/doors/grpc/framing.ts'
import {
  connectEcho,
  type EchoServer,
  fieldsPath,
  heldPath,
  openCall,
  startEcho,
  transports,
} from '../../../support/echo-server.ts'
import { eventually } from '../../../support/eventually.ts'
import { frame, frameFlags, frameTypes, settings } from '../../../support/raw-http2.ts'
import { createServerCertificate } from '../../../support/server-certificate.ts'

// Our own HTTP/2 and Node's, each with Node's client, and on the same bytes.

const kinds = Object.keys(transports) as (keyof typeof transports)[]

/** A call by Node's client: its fields, body and trailers. */
async function ask(session: ClientHttp2Session, path: string, body: Buffer, fields: Record<string, string> = {}) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...fields,
  })
  const parts: Buffer[] = []
  let [head, trailers]: Record<string, unknown>[] = [{}, {}]
  stream.on('response', (given) => (head = { ...given }))
  stream.on('trailers', (given) => (trailers = { ...given }))
  stream.on('data', (part: Buffer) => parts.push(part))
  stream.end(body)
  await once(stream, 'close')
  return { head, trailers, body: Buffer.concat(parts) }
}

describe.each(kinds)('%s', (kind) => {
  let server: EchoServer
  let session: ClientHttp2Session
  beforeAll(async () => {
    server = await startEcho(kind)
    session = connect(`http://127.0.0.1:${server.port}`)
  })
  afterAll(async () => {
    session.destroy()
    await server.close()
  })

  test('an answer has its status behind it, and one of trailers alone in front', async () => {
    const { head, trailers, body } = await ask(session, '/test.Echo/Say', framed(Buffer.from('hello')))
    expect(head).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' })
    expect([body, trailers]).toEqual([framed(Buffer.from('hello')), expect.objectContaining({ 'grpc-status': '0' })])
    const other = await ask(session, '/test.Echo/Other', framed(Buffer.alloc(0)))
    expect(other.head).toMatchObject({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'no such method here' })
  })

  test('whoever goes on asking hears at once that there is no such method', async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/test.Echo/Other',
      'content-type': 'application/grpc',
    })
    stream.write(framed(Buffer.from('first')))
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>]
    expect(head).toMatchObject({ 'grpc-status': '12' })
    stream.close()
  })

  test('long messages and long heads come whole', async () => {
    const long = framed(Buffer.alloc(700_000, 'long'))
    expect((await ask(session, '/test.Echo/Say', long)).body.equals(long)).toBe(true)
    const fields = { 'x-one': 'a'.repeat(15_000), 'x-two': 'b'.repeat(15_000) }
    const { body } = await ask(session, fieldsPath, framed(Buffer.alloc(0)), fields)
    expect(JSON.parse(body.subarray(5).toString())).toMatchObject(fields)
  })

  test('a hundred calls at once, some of them given up, each have their own answer', async () => {
    const calls = Array.from({ length: 100 }, async (_, i) => {
      if (i % 5 === 4) {
        const stream = session.request({ ':method': 'POST', ':path': heldPath, 'content-type': 'application/grpc' })
        stream.on('error', () => undefined).end(framed(Buffer.from('x')))
        setImmediate(() => stream.close(8))
        return
      }
      const message = framed(Buffer.from(`call ${i}`))
      expect((await ask(session, '/test.Echo/Say', message)).body).toEqual(message)
    })
    await Promise.all(calls)
  })

  test('whatever fields a client packs, in whatever order of calls, are those that arrive', async () => {
    const name = fc
      .string({ unit: fc.constantFrom(...'abcdefghij-0123456789'), minLength: 1, maxLength: 12 })
      .map((text) => `x-${text}`)
    const value = fc
      .string({ unit: fc.constantFrom(...'abcXYZ 0123456789,;:=/?&%"\'(){}<>@~'), maxLength: 60 })
      .map((text) => text.trim())
    const lists = fc.array(fc.dictionary(name, value, { maxKeys: 8, noNullPrototype: true }), {
      minLength: 1,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(lists, async (calls) => {
        const answers = await Promise.all(
          calls.map((fields) => ask(session, fieldsPath, framed(Buffer.alloc(0)), fields)),
        )
        for (const [i, { body }] of answers.entries()) {
          const heard = JSON.parse(body.subarray(5).toString()) as Record<string, string>
          expect(Object.fromEntries(Object.entries(heard).filter(([key]) => key.startsWith('x-')))).toEqual(calls[i])
        }
      }),
      { numRuns: 40 },
    )
  })

  test('whoever leaves answers what is under way first', async () => {
    const other = await startEcho(kind)
    const leaving = connect(`http://127.0.0.1:${other.port}`)
    const answer = ask(leaving, heldPath, framed(Buffer.from('last')))
    await eventually(() => expect(other.held()).toBe(1))
    other.leave()
    await once(leaving, 'goaway')
    other.release()
    expect((await answer).body).toEqual(framed(Buffer.from('last')))
    await eventually(() => expect(leaving.destroyed).toBe(true))
    other.server.close()
    await once(other.server, 'close') // with its last connection
  })
})

describe.each(kinds)('%s over TLS', (kind) => {
  test('by ALPN alone; a new certificate is for the connections that come', async () => {
    const [first, second] = [createServerCertificate([]), createServerCertificate([])]
    const server = await startEcho(kind, {}, { options: () => first, requestCert: true })
    const target = { port: server.port, host: '127.0.0.1', rejectUnauthorized: false }
    const shown = async () => {
      const session = connect(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false })
      const { body } = await ask(session, '/test.Echo/Say', framed(Buffer.from('hello')))
      expect(body).toEqual(framed(Buffer.from('hello')))
      session.destroy()
      const socket = connectTls({ ...target, ALPNProtocols: ['h2'] })
      await once(socket, 'secureConnect')
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
    const before = await shown()
    if (!(server.server instanceof TlsServer)) throw new Error('it does not speak TLS')
    server.server.setSecureContext(second)
    expect(await shown()).not.toBe(before)
    for (const ALPNProtocols of [['http/1.1'], undefined]) {
      const socket = connectTls({ ...target, ...(ALPNProtocols && { ALPNProtocols }) })
      socket.on('error', () => undefined).resume() // an alert, or nothing at all
      await new Promise((resolve) => socket.once('close', resolve))
    }
    expect(await shown(), 'it serves others').not.toBe(before)
    await server.close()
  })
})

describe('the same bytes', () => {
  let servers: Record<keyof typeof transports, EchoServer>
  beforeAll(async () => {
    servers = { own: await startEcho('own'), node: await startEcho('node') }
  })
  afterAll(async () => {
    await servers.own.close()
    await servers.node.close()
  })

  const hello = framed(Buffer.from('hello'))
  const good = (stream: number) =>
    Buffer.concat([openCall(stream), frame(frameTypes.data, frameFlags.endStream, stream, hello)])

  /** What a server answers to a call among such bytes, or nothing, and whether the connection ended over them. */
  async function answerTo(kind: keyof typeof transports, bytes: Buffer) {
    const { connection, data, end } = await connectEcho(servers[kind].port)
    await connection.send(bytes, good(1_001))
    const isOver = () => expect(end(1_001) !== undefined || connection.ended()).toBe(true)
    // what begins a longer frame is waited for by either
    await Promise.race([eventually(isOver).catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 60))])
    const ended = connection.goAway() !== undefined || connection.ended()
    connection.close()
    const text = end(1) === 'answered' ? data(1).toString('latin1') : ''
    // of two reasons to refuse a message either may be told
    return { answer: text === '' ? 'nothing' : text.includes('refused: ') ? 'refused' : text, ended }
  }

  test('in any pieces mean the same', async () => {
    const whole = Buffer.concat([settings([4, 70_000]), good(1)])
    for (let at = 0; at < whole.length; at += 7) {
      const { connection, data } = await connectEcho(servers.own.port)
      await connection.send(whole.subarray(0, at))
      await connection.send(whole.subarray(at))
      await eventually(() => expect(data(1)).toEqual(hello))
      connection.close()
    }
  })

  test('with some of them changed: what we answer, Node answers alike', async () => {
    const change = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('set', 'insert', 'remove', 'repeat'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
    })
    let answered = 0
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes = good(1)
        for (const { at, kind, bytes: other } of changes) {
          const place = at % bytes.length
          const [before, behind] = [bytes.subarray(0, place), bytes.subarray(place)]
          if (kind === 'set') bytes = Buffer.concat([before, other, behind.subarray(other.length)])
          else if (kind === 'insert') bytes = Buffer.concat([before, other, behind])
          else if (kind === 'remove') bytes = Buffer.concat([before, behind.subarray(other.length)])
          else bytes = Buffer.concat([bytes, behind])
        }
        const own = await answerTo('own', bytes)
        if (own.answer === 'nothing') return
        answered++
        const node = await answerTo('node', bytes)
        // Node may notice first what comes behind the call, and ends connections where we end streams
        if (!node.ended) expect(node.answer).toBe(own.answer)
      }),
      { numRuns: 80, seed: 1 },
    )
    expect(answered, 'some changes do no harm').toBeGreaterThan(3)
  })

  test('of every frame alone, at either side of a call: neither server ends', async () => {
    for (let type = 0; type < 12; type++) {
      for (const [flags, stream] of [
        [0, 0],
        [0xff, 0],
        [0, 1],
        [0xff, 1],
        [4, 3],
        [0, 2],
      ] as const) {
        for (const length of [0, 4, 8, 40]) {
          const odd = frame(type, flags, stream, Buffer.alloc(length, type))
          const { connection } = await connectEcho(servers.own.port)
          await connection.send(odd, good(5), odd)
          connection.close()
        }
      }
    }
    const answer = hello.toString('latin1')
    expect(await answerTo('own', good(1))).toEqual({ answer, ended: false })
    expect(await answerTo('node', good(1))).toEqual({ answer, ended: false })
  })
})
