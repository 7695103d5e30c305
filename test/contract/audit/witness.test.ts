import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { TreeBuilder } from '../../../pdp/audit/tree/tree-builder.ts'
import { collectCosignatures, type Collecting } from '../../../pdp/audit/witness/collect-cosignatures.ts'
import { cosigners } from '../../../pdp/audit/witness/cosignature.ts'
import { witnessFetch } from '../../../pdp/audit/witness/witness-fetch.ts'
import { readWitnessPolicy } from '../../../pdp/audit/witness/witness-policy.ts'
import { readWitnessedLog } from '../../../pdp/audit/witness/witnessed-log.ts'
import { instant, seconds } from '../../../pdp/core/time.ts'
import { timerSchedule } from '../../../pdp/net/schedule.ts'
import { createSampleLog, type SampleLog } from '../../unit/audit/tree/sample-log.ts'
import { eventually } from '../../support/eventually.ts'
import { createCosigner } from '../../support/witness.ts'

// Witnesses that do what is asked of them, and others, as HTTP servers: those of other projects are in test/integration.

const now = instant(1_780_000_000_000)
const seconds_ = now / 1000

/** What a witness answers to a body; `before` is what the text of the checkpoint says its size is. */
type Answer = (asked: { readonly old: number; readonly size: number; readonly text: string }) => {
  readonly status: number
  readonly body?: string
}

let base = ''
let log: SampleLog
let tree: TreeBuilder
let servers: Server[] = []
let collecting: Collecting | undefined
let published: string[] = []
let told: string[] = []
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'witness-'))
  log = createSampleLog(base)
  tree = log.open()
  tree.advance(log.growTo(300))
  servers = []
  published = []
  told = []
})
afterEach(async () => {
  await collecting?.close()
  for (const server of servers) server.close().closeAllConnections()
  tree.close()
  rmSync(base, { recursive: true })
})

async function serve(answer: Answer, asks: unknown[] = []): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const [head, note] = [body.slice(0, body.indexOf('\n\n')), body.slice(body.indexOf('\n\n') + 2)]
      const text = note.slice(0, note.indexOf('\n\n') + 1)
      const asked = { old: Number(head.split('\n')[0]?.slice(4)), size: Number(text.split('\n')[1]), text }
      asks.push({ url: request.url, old: asked.old, size: asked.size, proof: head.split('\n').length - 1 })
      const { status, body: answered = '' } = answer(asked)
      if (status > 0) response.writeHead(status, { 'content-type': 'text/plain' }).end(answered)
    })
  })
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  return `http://127.0.0.1:${port}/w`
}

function collect(text: string): Collecting {
  const read = readWitnessPolicy(Buffer.from(text))
  if (!read.ok) throw new Error(read.problem)
  return (collecting = collectCosignatures({
    policy: read.policy,
    log: () => readWitnessedLog(log.folder),
    publish: (note) => published.push(note),
    fetch: witnessFetch(read.policy),
    every: seconds(0.02),
    clock: () => now,
    schedule: timerSchedule,
    random: () => 0.5,
    told: (line) => told.push(line),
  }))
}

const honest = createCosigner()
/** Keeps the size that it cosigned last, as C2SP tlog-witness asks of it. */
function honestly(known = 0): Answer {
  let last = known
  return ({ old, size, text }) => {
    if (old !== last) return { status: 409, body: `${last}\n` }
    last = size
    return { status: 200, body: `${honest.line(text, seconds_)}\n` }
  }
}

test('each checkpoint is cosigned, with a proof from the one before, and published with its cosignatures', async () => {
  const asks: unknown[] = []
  const collecting = collect(`witness a ${honest.vkey} ${await serve(honestly(), asks)}\nquorum a\n`)
  await eventually(() =>
    expect(collecting.status()).toMatchObject({ size: 300, at: now, witnesses: { a: { size: 300 } } }),
  )
  tree.advance(log.growTo(1_000))
  await eventually(() => expect(collecting.status().size).toBe(1_000))
  expect(asks).toEqual([
    { url: '/w/add-checkpoint', old: 0, size: 300, proof: 0 },
    { url: '/w/add-checkpoint', old: 300, size: 1_000, proof: expect.any(Number) },
  ])
  const read = readWitnessPolicy(Buffer.from(`witness a ${honest.vkey}\nquorum a\n`))
  const keys = new Map(read.ok ? read.policy.witnesses.map(({ name, key }) => [name, key]) : [])
  expect(published.map((note) => [...cosigners(Buffer.from(note), keys)])).toEqual([['a'], ['a']])
  expect(published[1]).toMatch(/^host\.example\/audit\/[0-9a-f]+\n1000\n/)
})

test('a witness that knows an older size is asked again from there', async () => {
  const asks: unknown[] = []
  tree.advance(log.growTo(700))
  const collecting = collect(`witness a ${honest.vkey} ${await serve(honestly(257), asks)}\nquorum a\n`)
  await eventually(() => expect(collecting.status().size).toBe(700))
  expect(asks).toMatchObject([{ old: 0 }, { old: 257, size: 700 }])
})

const stranger = createCosigner()
test.for<readonly [string, Answer, RegExp]>([
  ['knows more than the log has: it went back', () => ({ status: 409, body: '301\n' }), /ALARM: .*went back/],
  [
    'knows another log of this size',
    () => ({ status: 409, body: '300\n' }),
    /ALARM: .*another log of this name and size/,
  ],
  ['finds the proof wrong', () => ({ status: 422 }), /ALARM: .*not consistent/],
  ['always names another size', ({ old }) => ({ status: 409, body: `${(old + 1) % 3}\n` }), /each time/],
  ['names no size', () => ({ status: 409, body: '0x1\n' }), /and not which/],
  ['does not know the log', () => ({ status: 404 }), /does not know the log/],
  ['does not know its key', () => ({ status: 403 }), /does not know the key/],
  ['fails', () => ({ status: 500 }), /status 500/],
  ['leads elsewhere', () => ({ status: 302 }), /redirect/],
  ['says nothing', () => ({ status: 200 }), /ALARM: it answered no cosignatures/],
  ['says much', () => ({ status: 200, body: 'x'.repeat(20_000) }), /longer|size|bytes/],
  [
    'cosigns with another key of its name',
    ({ text }) => ({ status: 200, body: `${stranger.line(text, seconds_)}\n` }),
    /ALARM: none of its cosignatures/,
  ],
  [
    'cosigns another text',
    ({ text }) => ({ status: 200, body: `${honest.line(text.replace('300', '299'), seconds_)}\n` }),
    /ALARM: none of its cosignatures/,
  ],
  [
    'lives in the past',
    ({ text }) => ({ status: 200, body: `${honest.line(text, seconds_ - 301)}\n` }),
    /ALARM: its clock differs/,
  ],
  [
    'lives in the future',
    ({ text }) => ({ status: 200, body: `${honest.line(text, seconds_ + 301)}\n` }),
    /ALARM: its clock differs/,
  ],
])('a witness that %s does not count, and that is said once', async ([, answer, problem]) => {
  const twin = await serve(honestly())
  const sound = collect(`witness a ${honest.vkey} ${twin}\nquorum a\n`)
  await eventually(() => expect(sound.status().size).toBe(300))
  await sound.close()
  published = []
  const collecting = collect(`witness a ${honest.vkey} ${await serve(answer)}\nquorum a\n`)
  await eventually(() => expect(told.join('\n')).toMatch(problem))
  await eventually(() => expect(collecting.status().problem).toMatch(/not cosigned by a quorum/))
  expect(collecting.status()).toMatchObject({ size: 0, witnesses: { a: { size: 0, problem: expect.anything() } } })
  expect(published).toEqual([])
  expect(told.filter((line) => problem.test(line))).toHaveLength(1)
})

test('one that does not answer holds up no quorum of the others, and is back when it does', async () => {
  const other = createCosigner('witness.example/w2')
  let dead = true
  const slow: Answer = ({ text }) => (dead ? { status: 0 } : { status: 200, body: `${other.line(text, seconds_)}\n` })
  const lines = [
    `witness a ${honest.vkey} ${await serve(honestly())}`,
    `witness b ${other.vkey} ${await serve(slow)}`,
    `witness c ${stranger.vkey} http://127.0.0.1:1/w`,
  ]
  const collecting = collect(`${lines.join('\n')}\ngroup g any a b c\nquorum g\n`)
  await eventually(() => expect(collecting.status()).toMatchObject({ size: 300, witnesses: { a: { size: 300 } } }))
  dead = false
  expect(published[0]).toContain('— witness.example/w1 ')
})
