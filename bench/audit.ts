import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Durability } from '../pdp/audit/append-bytes.ts'
import { type FileLog, openFileLog } from '../pdp/audit/file-log.ts'
import { openPayloadStore } from '../pdp/audit/payloads/payload-store.ts'
import { recordBody } from '../pdp/audit/record-line.ts'
import { startShipThread } from '../pdp/audit/sinks/ship-thread.ts'
import { startTreeThread, type TreeThread } from '../pdp/audit/tree/tree-thread.ts'
import { sha256 } from '../pdp/core/digest.ts'
import type { Clause } from '../pdp/core/clause.ts'
import type { DecisionId } from '../pdp/core/frame.ts'
import type { DecisionRecord } from '../pdp/core/record.ts'
import { instant } from '../pdp/core/time.ts'
import { mintWritten } from '../pdp/core/written.ts'
import type { AuditLog } from '../pdp/seams.ts'
import { noon } from '../test/support/clock.ts'
import { createTestDecisionPoint } from '../test/support/decision-point.ts'
import { bearer, createAsk, svid } from '../test/support/world.ts'
import { median } from './measure/median.ts'
import { repository } from './repository.ts'

// npm run bench audit: what the log costs. Process CPU of all threads per record, until the last one is under a
// checkpoint, and of that what the thread that decides spends; records per second by mode; what payloads and a sink cost
// on top; decisions per second with the log on and off, in turns, so that what else runs on the machine weighs on both.
// `at once` is how many appends wait for their receipt at any time. Making the records and waiting for receipts is work of
// this file: it is measured with a log that writes nothing, in the same run, and taken off. Digests are made where tokens
// are verified and inputs evaluated, so they are not part of a record here; that of the input, which is made for the record
// alone, has a line. bench/README.md says where the files lie, and why.

const records = 100_000
const turns = 6
const perTurn = 15_000
const start = instant(1_760_000_000_000)
const inputDigest = sha256('input')
const policy = { bundle: 'orders', revision: '7', digest: 'a'.repeat(64) } // of a snapshot that many decisions share

const decision = (n: number): DecisionRecord => {
  const address = n % 3
  return {
    kind: 'decision',
    id: `0199c1a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as DecisionId,
    at: instant(start + Math.floor(n / 20)), // twenty in a millisecond
    door: 'authorize',
    pep: peps[address] ?? '',
    pepAuth: { kind: 'spiffe', id: pepIds[address] ?? '', address: '10.2.0.17' },
    trace: { id: '0af7651916cd43dd8448eb211c80319c', parent: 'b7ad6b7169203331' },
    service: 'orders',
    effect: 'allow',
    code: 'ALLOWED',
    clause: 'decision-allowed' as Clause,
    detail: 'allowed',
    subject: subjectOf(n % callers),
    attested: { environment: 'production', namespace: 'payments' },
    questions: [
      {
        action: 'read',
        resource: { type: 'order', id: String(n) },
        code: 'ALLOWED',
        clause: 'decision-allowed' as Clause,
        reasons: [],
        cache: 'miss',
        inputSha256: inputDigest,
      },
    ],
    request: { method: 'GET', host: 'orders.example.org', path: `/orders/${n}` },
    policy,
    spent: { began: 1_000_000 + n, identity: 210, policy: 34, total: 251 },
  }
}

/** Who asks: each decision is of another caller than the one before, with a token that was seen before. */
const callers = 200
const jtis = Array.from({ length: callers }, (_, i) => sha256(`jti ${i}`))
const kid = sha256('kid')
const ids = Array.from({ length: callers }, (_, i) => `spiffe://prod.example/ns/payments/sa/api-${i}`)
const peps = ['orders-api', 'orders-web', 'gateway']
const pepIds = peps.map((name) => `spiffe://prod.example/ns/edge/sa/${name}`)

const subjectOf = (i: number): NonNullable<DecisionRecord['subject']> => ({
  issuer: 'spiffe://prod.example',
  id: ids[i] ?? '',
  methods: ['jwt-svid'],
  assurance: {
    level: 2,
    possession: 'none',
    audience_bound: true,
    single_use: false,
    attested: true,
    lifetime_s: 300,
    age_s: 12,
  },
  credentials: [
    {
      method: 'jwt-svid',
      issuer: 'spiffe://prod.example',
      expires_at: '2025-10-09T08:53:20.000Z',
      kid_sha256: kid,
      jti_sha256: jtis[i] ?? kid,
    },
  ],
})

const micros = ({ user, system }: NodeJS.CpuUsage): number => user + system

const spent = (since: NodeJS.CpuUsage, count: number): string => (micros(process.cpuUsage(since)) / count).toFixed(2)

const place = join(repository, 'build', 'bench-audit')
mkdirSync(place, { recursive: true })

/** A log in a new folder with its tree, as a server has it. */
async function openBenchLog(durability: Durability) {
  const folder = mkdtempSync(join(place, 'log-'))
  const path = join(folder, 'records.ndjson')
  let stamps = 0
  const stamp = () => ({ id: decision(0xf000_0000 + stamps++).id, at: start })
  const log: FileLog = await openFileLog({ path, durability, stamp })
  const thread: TreeThread = await startTreeThread({
    places: { log: path, folder: join(folder, 'tree'), signed: join(folder, 'audit-log.signed') },
    key: join(folder, 'audit-log.key'),
    host: 'bench.example',
    extent: log.extent,
    now: () => instant(0),
    everyMs: 750,
    report: (reason) => console.log(reason),
  })
  return {
    log,
    folder,
    /** Waits until everything is under a checkpoint. */
    async settle() {
      while (thread.status().size < log.extent().records) await new Promise((resolve) => setTimeout(resolve, 20))
    },
    bytes: () => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0),
    async close() {
      await log.close()
      await thread.close(60_000)
    },
  }
}

async function appendAll(log: AuditLog, atOnce: number, count: number): Promise<void> {
  let n = 0
  const client = async () => {
    while (n < count) await log.append(decision(n++))
  }
  await Promise.all(Array.from({ length: atOnce }, client))
}

/** A log that writes nothing. */
const off: AuditLog = { append: async ({ id }) => mintWritten({ record: id, seq: 0 }) }

/** Microseconds of CPU per record, of the process and of this thread, of appending `count` until `settled`. */
async function cpuOf(log: AuditLog, atOnce: number, count: number, settled: () => Promise<void>) {
  const since = process.cpuUsage()
  const sinceOwn = process.threadCpuUsage()
  const from = performance.now()
  await appendAll(log, atOnce, count)
  const own = micros(process.threadCpuUsage(sinceOwn)) / count
  const rate = Math.round((count / (performance.now() - from)) * 1000)
  await settled()
  return { all: micros(process.cpuUsage(since)) / count, own, rate }
}

async function measure(durability: Durability, atOnce: number, count: number): Promise<void> {
  const bench = await openBenchLog(durability)
  try {
    for (const log of [off, bench.log]) await appendAll(log, atOnce, 5_000) // the thread and the compilation are there
    await bench.settle()
    const harness = await cpuOf(off, atOnce, count, async () => undefined)
    const before = bench.bytes()
    const { all, own, rate } = await cpuOf(bench.log, atOnce, count, bench.settle)
    const bytes = Math.round((bench.bytes() - before) / count)
    const [net, deciding] = [all - harness.all, own - harness.own].map((each) => each.toFixed(2))
    console.log(
      `${durability}, ${atOnce} at once: ${net} µs CPU (${deciding} of it deciding; ${harness.all.toFixed(2)} of this benchmark taken off), ${rate} records/s, ${bytes} B a record`,
    )
  } finally {
    await bench.close()
  }
}

/** What inputs cost that are kept for replay, beside their records. */
async function measurePayloads(): Promise<void> {
  const folder = mkdtempSync(join(place, 'payloads-'))
  const line = JSON.stringify({ at: start, input: 'x'.repeat(200), claims: decision(0), request: decision(1) })
  let lost = 0
  const store = openPayloadStore({
    folders: { payloads: join(folder, 'payloads'), keys: join(folder, 'keys') },
    days: 1,
    clock: () => start,
    randomBytes,
    lost: (n) => (lost += n),
  })
  const since = process.cpuUsage()
  for (let n = 0; n < records; n++) {
    store.keep(`${line}${n}`, start)
    if (n % 2_000 === 1_999) await new Promise((resolve) => setTimeout(resolve, 120)) // it writes ten times a second
  }
  await store.close()
  console.log(`payload store: ${spent(since, records)} µs CPU for one of ${line.length} B (${lost} lost)`)
}

/** What a sink costs that ships every record to a file. */
async function measureSink(count: number): Promise<void> {
  const bench = await openBenchLog('written')
  try {
    await appendAll(bench.log, 1_000, count)
    await bench.settle()
    const since = process.cpuUsage()
    const path = join(bench.folder, 'sink.ndjson')
    const ships = startShipThread({
      folder: bench.folder,
      cursors: join(bench.folder, 'cursors'),
      sinks: [['file', { type: 'file', path, format: 'native', rotate_bytes: 1e9, keep: 1, mask: [] }]],
      seed: '00',
      clock: () => start,
      say: (line) => console.log(line),
    })
    while ((ships.status()['file']?.next ?? 0) < count) await new Promise((resolve) => setTimeout(resolve, 20))
    console.log(`file sink: ${spent(since, count)} µs CPU, the start of its thread included`)
    await ships.close(1)
  } finally {
    await bench.close()
  }
}

/** Decisions by policy, with a token that was seen before, on the log and on one that writes nothing. */
async function compare(durability: Durability, atOnce: number): Promise<void> {
  const bench = await openBenchLog(durability)
  const points = [
    await createTestDecisionPoint({ log: bench.log }),
    await createTestDecisionPoint({ log: off }),
  ] as const
  const ask = createAsk({ headers: bearer(svid({ now: noon })) })
  async function turn({ decide }: (typeof points)[number]) {
    let left = perTurn
    const since = process.threadCpuUsage()
    const from = performance.now()
    const client = async () => {
      while (left-- > 0) if ((await decide(ask)).effect !== 'allow') throw new Error('a decision was no allow')
    }
    await Promise.all(Array.from({ length: atOnce }, client))
    return { rate: (perTurn / (performance.now() - from)) * 1000, own: micros(process.threadCpuUsage(since)) / perTurn }
  }
  const pairs: { readonly on: Turn; readonly without: Turn }[] = []
  for (let n = 0; n < turns; n++) pairs.push({ on: await turn(points[0]), without: await turn(points[1]) })
  await bench.close()
  const counted = pairs.slice(1) // not the first, in which things are compiled
  const middle = (of: (pair: (typeof pairs)[number]) => number) => median(counted.map(of))
  const [on, without] = [middle((pair) => pair.on.rate), middle((pair) => pair.without.rate)].map(Math.round)
  const ratio = middle((pair) => pair.on.rate / pair.without.rate).toFixed(2)
  const own = middle((pair) => pair.without.own / pair.on.own).toFixed(2)
  console.log(
    `${durability}, ${atOnce} at once: ${on} decisions/s, without a log ${without}: ratio ${ratio}; by the CPU of the thread that decides ${own}`,
  )
}

interface Turn {
  readonly rate: number
  readonly own: number
}

const digest = process.cpuUsage()
const input = 'x'.repeat(1_000)
for (let n = 0; n < records; n++) sha256(`${input}${n}`)
console.log(`digest of an input of 1 KB: ${spent(digest, records)} µs`)
const body = process.cpuUsage()
for (let n = 0; n < records; n++) recordBody(decision(n))
console.log(`made into a line, not written: ${spent(body, records)} µs`)
for (let round = 0; round < 3; round++) await measure('written', 64, records)
await measure('written', 1_000, records)
await measure('written', 1, 5_000)
await measurePayloads()
await measureSink(records)
await measure('synced', 64, 20_000)
await measure('synced', 1_000, records)
for (const atOnce of [64, 1_000]) await compare('written', atOnce)
for (const atOnce of [64, 1_000]) await compare('synced', atOnce)
rmSync(place, { recursive: true })
