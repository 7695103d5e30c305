import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

// npm run bench audit: what the log costs. Process CPU of all threads per record, until the last one is under a
// checkpoint, and of that what the thread that decides spends; records per second by mode; what payloads and a sink cost
// on top; decisions per second with the log on and off, in turns, so that what else runs on the machine weighs on both.
// `at once` is how many appends wait for their receipt at any time. Digests are made where tokens are verified and inputs
// evaluated, so they are not part of a record here; that of the input, which is made for the record alone, has a line.

const records = 100_000
const turns = 7
const perTurn = 20_000
const start = instant(1_760_000_000_000)
const digests = { kid: sha256('kid'), jti: sha256('jti'), input: sha256('input') }
const policy = { bundle: 'orders', revision: '7', digest: 'a'.repeat(64) } // of a snapshot that many decisions share

const decision = (n: number): DecisionRecord => ({
  kind: 'decision',
  id: `0199c1a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as DecisionId,
  at: instant(start + n),
  door: 'authorize',
  pep: 'orders-api',
  pepAuth: { kind: 'spiffe', id: 'spiffe://prod.example/ns/edge/sa/orders-api', address: '10.2.0.17' },
  trace: { id: '0af7651916cd43dd8448eb211c80319c', parent: 'b7ad6b7169203331' },
  service: 'orders',
  effect: 'allow',
  code: 'ALLOWED',
  clause: 'decision-allowed' as Clause,
  detail: 'allowed',
  subject: {
    issuer: 'spiffe://prod.example',
    id: 'spiffe://prod.example/ns/payments/sa/api',
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
        kid_sha256: digests.kid,
        jti_sha256: digests.jti,
      },
    ],
  },
  attested: { environment: 'production', namespace: 'payments' },
  questions: [
    {
      action: 'read',
      resource: { type: 'order', id: String(n) },
      code: 'ALLOWED',
      clause: 'decision-allowed' as Clause,
      reasons: [],
      cache: 'miss',
      inputSha256: digests.input,
    },
  ],
  request: { method: 'GET', host: 'orders.example.org', path: `/orders/${n}` },
  policy,
  spent: { began: 1_000_000 + n, identity: 210, policy: 34, total: 251 },
})

const perRecord = ({ user, system }: NodeJS.CpuUsage, count: number): string => ((user + system) / count).toFixed(2)

const spent = (since: NodeJS.CpuUsage, count: number): string => perRecord(process.cpuUsage(since), count)

/** A log in a new folder with its tree, as a server has it. */
async function openBenchLog(durability: Durability) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-audit-'))
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
      rmSync(folder, { recursive: true })
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

async function measure(durability: Durability, atOnce: number, count: number): Promise<void> {
  const bench = await openBenchLog(durability)
  try {
    await appendAll(bench.log, atOnce, 5_000) // the thread and the compilation are there
    await bench.settle()
    const before = bench.bytes()
    const since = process.cpuUsage()
    const sinceOwn = process.threadCpuUsage()
    const from = performance.now()
    await appendAll(bench.log, atOnce, count)
    const own = perRecord(process.threadCpuUsage(sinceOwn), count)
    const rate = Math.round((count / (performance.now() - from)) * 1000)
    await bench.settle()
    const bytes = Math.round((bench.bytes() - before) / count)
    console.log(
      `${durability}, ${atOnce} at once: ${spent(since, count)} µs CPU (${own} of it deciding), ${rate} records/s, ${bytes} B a record`,
    )
  } finally {
    await bench.close()
  }
}

/** What inputs cost that are kept for replay, beside their records. */
async function measurePayloads(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-payloads-'))
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
  rmSync(folder, { recursive: true })
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
async function compare(durability: Durability): Promise<void> {
  const bench = await openBenchLog(durability)
  const off: AuditLog = { append: async ({ id }) => mintWritten({ record: id, seq: 0 }) }
  const points = [await createTestDecisionPoint({ log: bench.log }), await createTestDecisionPoint({ log: off })]
  const ask = createAsk({ headers: bearer(svid({ now: noon })) })
  const rates: number[][] = [[], []]
  for (let turn = 0; turn < 2 * turns; turn++) {
    const { decide } = points[turn % 2] ?? {}
    let left = perTurn
    const from = performance.now()
    const client = async () => {
      while (decide && left-- > 0)
        if ((await decide(ask)).effect !== 'allow') throw new Error('a decision was no allow')
    }
    await Promise.all(Array.from({ length: 64 }, client))
    if (turn > 1) rates[turn % 2]?.push((perTurn / (performance.now() - from)) * 1000)
  }
  await bench.close()
  const [on = Number.NaN, without = Number.NaN] = rates.map(
    (each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)],
  )
  const ratio = (on / without).toFixed(2)
  console.log(`${durability}: ${Math.round(on)} decisions/s, without a log ${Math.round(without)}: ratio ${ratio}`)
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
await compare('written')
await compare('synced')
