import { once } from 'node:events'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { map } from '../../../pdp/core/protobuf/fields.ts'
import { message, writeMessage } from '../../../pdp/core/protobuf/message.ts'
import { bytes, string } from '../../../pdp/core/protobuf/types.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { timerSchedule } from '../../../pdp/net/schedule.ts'
import { checkFreshClauses } from '../../../pdp/trust/check-fresh.ts'
import { selectKeysClauses } from '../../../pdp/trust/select-keys.ts'
import { createWorkloadBundles, type WorkloadDomain } from '../../../pdp/trust/workload-api/bundles.ts'
import { createWorkloadSvid, workloadSvidClauses } from '../../../pdp/trust/workload-api/svid.ts'
import { createAuthority } from '../../support/certificates.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { createTestKey } from '../../support/keys.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'
import { type AgentState, startAgent, type TestAgent } from '../../support/workload-api.ts'

const root = createAuthority('prod.example')
const next = createAuthority('prod.example, renewed')
const partnerRoot = createAuthority('partner.example')
const a = createTestKey('a')
const b = createTestKey('b')
const p = createTestKey('p')

const ownId = 'spiffe://prod.example/pdp'
const ownSvid = { id: ownId, chain: [root.svid(ownId)], bundle: [root.der] }
const ours: AgentState = {
  svid: ownSvid,
  x509: { 'prod.example': [root.der], 'partner.example': [partnerRoot.der] },
  jwt: { 'prod.example': [a.jwk], 'partner.example': [{ ...p.jwk, use: 'jwt-svid' }] },
}

let folder = ''
let time: ManualTime
let agent: TestAgent
const ends: (() => void)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-agent-'))
  time = createManualTime()
  agent = await startAgent(join(folder, 'agent.sock'), ours)
})
afterEach(async () => {
  for (const end of ends.splice(0)) end()
  agent.close()
  await rm(folder, { recursive: true })
})

const surroundings = () => ({ socket: agent.socket, clock: time.clock, schedule: time.schedule, random: () => 0.5 })
const open = (domain = 'prod.example', bundles = createWorkloadBundles(surroundings())): WorkloadDomain => {
  const source = bundles.domain(domain, seconds(3600))
  ends.push(source.close)
  return source
}
const anchors = async (source: WorkloadDomain) => {
  const found = await source.anchors(frameAt(time.clock()))
  return found.ok ? found.value.map((der) => Buffer.from(der)) : found.clause
}
const kids = async (source: WorkloadDomain, kid: string) => {
  const found = await source.keys({ kid, algorithm: 'ES256' }, frameAt(time.clock()))
  return found.ok ? found.value.map((key) => key.kid) : found.clause
}

describe('bundles', () => {
  test('of both kinds are there once started, and each replaces the last', async () => {
    const source = open()
    expect(await anchors(source)).toBe(checkFreshClauses.loaded)
    expect(await source.start()).toEqual({ ok: true })
    expect(await anchors(source)).toEqual([root.der])
    expect(await kids(source, 'a')).toEqual(['a'])
    agent.tell({ ...ours, x509: { 'prod.example': [root.der, next.der] }, jwt: { 'prod.example': [b.jwk] } })
    await eventually(async () => expect(await anchors(source)).toEqual([root.der, next.der]))
    await eventually(async () => expect(await kids(source, 'b')).toEqual(['b']))
    expect(await kids(source, 'a')).toBe(selectKeysClauses.kid)
  })

  test('that did not change are the very same list', async () => {
    const source = open()
    await source.start()
    const first = await source.anchors(frameAt(time.clock()))
    time.advance(1)
    agent.tell(ours)
    await eventually(() => expect(source.asOf()).toBe(time.clock()))
    const again = await source.anchors(frameAt(time.clock()))
    expect(again.ok && again.value).toBe(first.ok && first.value)
  })

  test('of federated domains come on the same streams, each for itself: none is good for another', async () => {
    const bundles = createWorkloadBundles(surroundings())
    const [own, partner] = [open('prod.example', bundles), open('partner.example', bundles)]
    await Promise.all([own.start(), partner.start()])
    expect([await anchors(own), await anchors(partner)]).toEqual([[root.der], [partnerRoot.der]])
    expect([await kids(own, 'p'), await kids(partner, 'a')]).toEqual([selectKeysClauses.kid, selectKeysClauses.kid])
    expect([agent.calls('FetchX509Bundles'), agent.calls('FetchJWTBundles')]).toEqual([1, 1])
    const late = open('prod.example', bundles)
    expect(await late.start(), 'one that comes later gets what came before').toEqual({ ok: true })
    expect(agent.calls('FetchX509Bundles')).toBe(1)
  })

  test('of a domain that is not sent any more are forgotten at once', async () => {
    const partner = open('partner.example')
    await partner.start()
    agent.tell({ x509: { 'prod.example': [root.der] }, jwt: { 'prod.example': [a.jwk] } })
    await eventually(() => expect(partner.status()).toMatchObject({ keys: 0 }))
    expect(await anchors(partner)).toBe(checkFreshClauses.loaded)
    expect(partner.status().lastError).toContain('federate')
  })

  test('without anything in them refuse everything', async () => {
    const source = open()
    await source.start()
    agent.tell({ x509: { 'prod.example': [] }, jwt: { 'prod.example': [] } })
    await eventually(async () => expect(await anchors(source)).toEqual([]))
    await eventually(async () => expect(await kids(source, 'a')).toBe(selectKeysClauses.kid))
  })

  const badX509 = message({ bundles: map(2, string, bytes) })
  const badJwt = message({ bundles: map(1, string, bytes) })
  test.for<[name: string, method: string, message: Buffer, part: string]>([
    ['no protobuf', 'FetchX509Bundles', Buffer.from([0x0a]), 'ends within'],
    [
      'no DER',
      'FetchX509Bundles',
      writeMessage(badX509, { bundles: new Map([['spiffe://prod.example', Buffer.from('x')]]) }),
      'DER',
    ],
    [
      'no JSON',
      'FetchJWTBundles',
      writeMessage(badJwt, { bundles: new Map([['spiffe://prod.example', Buffer.from('x')]]) }),
      'JSON',
    ],
    [
      'no text',
      'FetchJWTBundles',
      writeMessage(badJwt, { bundles: new Map([['spiffe://prod.example', Buffer.from([0xff])]]) }),
      'UTF-8',
    ],
  ])('that are %s keep the last good ones, which age', async ([, method, bytes, part]) => {
    const source = open()
    await source.start()
    const asOf = source.asOf()
    time.advance(1)
    agent.send(method, bytes)
    await eventually(() => expect(source.status().lastError).toContain(part))
    expect(await anchors(source)).toEqual([root.der])
    expect(await kids(source, 'a')).toEqual(['a'])
    expect(source.asOf()).toBe(asOf)
    agent.tell(ours)
    await eventually(() => expect(source.status()).not.toHaveProperty('lastError'))
  })
})

describe('an agent', () => {
  test('that is there is asked now and again, and what it sent is as of then', async () => {
    const source = open()
    await source.start()
    const asOf = source.asOf()
    await eventually(() => expect(time.pending().filter((left) => left === 15)).toHaveLength(2))
    time.advance(15)
    await eventually(() => expect(source.asOf()).toBe(asOf + 15_000))
  })

  test('that refuses clears nothing; what it sent ages, and is too old at last', async () => {
    const source = open()
    await source.start()
    agent.refuse(status.PERMISSION_DENIED)
    await eventually(() => expect(source.status().lastError).toContain('registration entry'))
    expect(await anchors(source)).toEqual([root.der])
    expect(await kids(source, 'a')).toEqual(['a'])
    for (let waited = 0; waited < 3600; waited += 20) {
      time.advance(20)
      await new Promise(setImmediate)
    }
    expect(await kids(source, 'a')).toEqual(['a'])
    time.advance(1)
    expect(await anchors(source)).toBe(checkFreshClauses.fresh)
    expect(await kids(source, 'a')).toBe(checkFreshClauses.fresh)
    agent.tell(ours)
    await eventually(() => {
      time.advance(5)
      expect(source.status()).not.toHaveProperty('lastError')
    })
    expect(await anchors(source)).toEqual([root.der])
  })

  test('that goes away is connected to again, at growing intervals, and serves what is new', async () => {
    const source = open()
    await source.start()
    agent.close()
    await eventually(() => expect(source.status().lastError).toMatch(/closed|ends its|no connection/))
    const waits: number[] = []
    for (let i = 0; i < 7; i++) {
      await eventually(() => expect(time.pending().filter((left) => left !== 5)).toHaveLength(2)) // 5: connecting
      waits.push(time.pending()[0] ?? 0)
      time.advance(time.pending()[1] ?? 0)
    }
    expect(waits).toEqual([0.75, 1.5, 3, 6, 12, 22.5, 22.5])
    await rm(agent.socket, { force: true })
    agent = await startAgent(agent.socket, { ...ours, x509: { 'prod.example': [next.der] } })
    await eventually(async () => {
      time.advance(5)
      expect(await anchors(source)).toEqual([next.der])
    })
  })

  test('that is not there at the start makes nobody wait for long', async () => {
    agent.close()
    await rm(agent.socket, { force: true })
    const source = open()
    expect(await source.start()).toEqual({ ok: false })
    expect(source.status()).toMatchObject({ keys: 0, lastError: expect.stringContaining('ENOENT') })
  })

  test('is not listened to any more when every domain was closed', async () => {
    const bundles = createWorkloadBundles(surroundings())
    const [own, partner] = [open('prod.example', bundles), open('partner.example', bundles)]
    await Promise.all([own.start(), partner.start()])
    own.close()
    expect(agent.listening()).toBe(2)
    partner.close()
    await eventually(() => expect(agent.listening()).toBe(0))
    expect(time.pending()).toEqual([])
  })
})

describe('what listens there and is no agent', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
  })
  const listen = async (server: Server) => {
    servers.push(server)
    const socket = join(folder, 'other.sock')
    server.listen(socket)
    await once(server, 'listening')
    return createWorkloadBundles({ ...surroundings(), socket }).domain('prod.example', seconds(3600))
  }
  const http2 = (answer: (stream: ServerHttp2Stream) => void) => {
    const server = createHttp2Server()
    server.on('stream', (stream) => {
      stream.on('error', () => undefined)
      answer(stream)
    })
    server.on('session', (session) => ends.push(() => session.destroy()))
    return server
  }
  const grpc = { ':status': 200, 'content-type': 'application/grpc' }
  const huge = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0])

  test.for<[name: string, make: () => Server, part: string]>([
    [
      'speaks another protocol',
      () => createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      'workload api',
    ],
    ['hangs up', () => createServer((socket) => socket.destroy()), 'workload api'],
    [
      'answers with HTTP',
      () => http2((stream) => stream.respond({ ':status': 200, 'content-type': 'text/html' })),
      'gRPC',
    ],
    ['answers with an error of HTTP', () => http2((stream) => stream.respond({ ...grpc, ':status': 503 })), 'gRPC'],
    [
      'announces a message without end',
      () => http2((stream) => (stream.respond(grpc), stream.write(huge))),
      'longer than 4194304 bytes',
    ],
    [
      'compresses',
      () => http2((stream) => (stream.respond(grpc), stream.write(Buffer.from([1, 0, 0, 0, 0])))),
      'compressed',
    ],
    ['ends without a status', () => http2((stream) => (stream.respond(grpc), stream.end())), 'without a status'],
  ])('%s: told, and nothing is taken', async ([, make, part]) => {
    const source = await listen(make())
    ends.push(source.close)
    expect(await source.start()).toEqual({ ok: false })
    expect(source.status()).toMatchObject({ keys: 0, lastError: expect.stringContaining(part) })
  })

  test('says nothing at all: given up after 5 s', async () => {
    const open: (() => void)[] = []
    const source = await listen(createServer((socket) => void open.push(() => socket.destroy())))
    ends.push(source.close, () => open.forEach((end) => end()))
    const starting = source.start()
    await eventually(() => expect(open).toHaveLength(2))
    time.advance(5)
    expect(await starting).toEqual({ ok: false })
    expect(source.status().lastError).toMatch(/does not answer|no connection in time/)
  })
})

describe('our own SVID', () => {
  const watch = () => {
    const svid = createWorkloadSvid({ ...surroundings(), schedule: timerSchedule })
    ends.push(svid.close)
    return svid
  }

  test('with its key and bundle in PEM, replaced as it is renewed', async () => {
    const svid = watch()
    expect(svid.current()).toMatchObject({ ok: false, clause: workloadSvidClauses.identity })
    const first = await svid.start()
    expect(first).toMatchObject({
      ok: true,
      value: { id: 'spiffe://prod.example/pdp', chain: expect.stringContaining('CERTIFICATE') },
    })
    agent.tell({ ...ours, svid: { ...ownSvid, chain: [root.svid('spiffe://prod.example/pdp')] } })
    await eventually(() => expect(svid.current()).not.toEqual(first))
    agent.refuse(status.PERMISSION_DENIED)
    await new Promise((settle) => setTimeout(settle, 50))
    expect(svid.current(), 'serves on while the agent refuses').toMatchObject({ ok: true })
  })

  test('that the agent has none of is told', async () => {
    agent.tell({ x509: {}, jwt: {} })
    expect(await watch().start()).toMatchObject({ ok: false, detail: expect.stringContaining('registration entry') })
  })

  test('with a key of another certificate is not taken', async () => {
    const other = root.svid('spiffe://prod.example/pdp')
    agent.tell({ ...ours, svid: { ...ownSvid, chain: [{ ...other, key: createAuthority('x').key }] } })
    expect(await watch().start()).toMatchObject({ ok: false, clause: workloadSvidClauses.key })
  })
})
