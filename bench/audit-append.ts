import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Durability } from '../pdp/audit/append-bytes.ts'
import { openFileLog } from '../pdp/audit/file-log.ts'
import { recordBody } from '../pdp/audit/record-line.ts'
import { startTreeThread } from '../pdp/audit/tree/tree-thread.ts'
import type { Clause } from '../pdp/core/clause.ts'
import type { DecisionId } from '../pdp/core/frame.ts'
import type { DecisionRecord } from '../pdp/core/record.ts'
import { instant } from '../pdp/core/time.ts'

// CPU µs of the process per record: node bench/audit-append.ts [records]
// With the tree: all threads, until the last record is under a checkpoint.
// `at once` is how many appends wait for their receipt at any time: 1 is an idle server, 64 a busy one.

const records = Number(process.argv[2] ?? 100_000)
const start = instant(1_760_000_000_000)

const decision = (n: number): DecisionRecord => ({
  kind: 'decision',
  id: `0199c1a0-0000-7000-8000-${n.toString(16).padStart(12, '0')}` as DecisionId,
  at: instant(start + n),
  door: 'authorize',
  pep: 'orders-api',
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
    credentials: [{ method: 'jwt-svid', issuer: 'spiffe://prod.example', expires_at: '2025-10-09T08:53:20.000Z' }],
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
    },
  ],
  request: { method: 'GET', host: 'orders.example.org', path: `/orders/${n}` },
  policy: { bundle: 'orders', revision: '7', digest: 'a'.repeat(64) },
})

/** A deny before the caller was known: a third of the size. */
function short(n: number): DecisionRecord {
  const { subject: _subject, attested: _attested, policy: _policy, ...rest } = decision(n)
  return { ...rest, effect: 'deny', code: 'CREDENTIAL_MISSING', detail: 'no credential was presented' }
}

function spent(since: NodeJS.CpuUsage, count: number): string {
  const { user, system } = process.cpuUsage(since)
  return ((user + system) / count).toFixed(2)
}

async function measure(
  durability: Durability,
  atOnce: number,
  count: number,
  { record = decision, tree = false } = {},
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'audit-append-'))
  const path = join(folder, 'audit.ndjson')
  try {
    const log = await openFileLog({ path, durability, stamp: () => ({ id: decision(0).id, at: start }) })
    const places = { log: path, folder: join(folder, 'tree'), signed: join(folder, 'audit-log.signed') }
    const report = (reason: string) => console.log(reason)
    const thread = tree
      ? await startTreeThread({
          places,
          key: join(folder, 'audit-log.key'),
          host: 'bench.example',
          extent: log.extent,
          everyMs: 750,
          report,
        })
      : undefined
    let n = 0
    const client = async () => {
      while (n < count) await log.append(record(n++))
    }
    const since = process.cpuUsage()
    const from = performance.now()
    await Promise.all(Array.from({ length: atOnce }, client))
    await thread?.close(60_000)
    const line = `${spent(since, count)} µs CPU, ${Math.round((count / (performance.now() - from)) * 1000)} records/s`
    await log.close()
    return `${line}, ${Math.round(statSync(path).size / count)} B a record`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function main() {
  for (let round = 0; round < 3; round++) {
    const since = process.cpuUsage()
    for (let n = 0; n < records; n++) decision(n)
    console.log(`the bench's own record: ${spent(since, records)} µs`)
    const body = process.cpuUsage()
    for (let n = 0; n < records; n++) recordBody(decision(n))
    console.log(`made into a line, not written: ${spent(body, records)} µs`)
    console.log(`written, 1000 at once: ${await measure('written', 1000, records)}`)
    console.log(`written, 64 at once: ${await measure('written', 64, records)}`)
    console.log(`written, 64 at once, with the tree: ${await measure('written', 64, records, { tree: true })}`)
    console.log(`written, 64 at once, short: ${await measure('written', 64, records, { record: short })}`)
    console.log(`written, 1 at once: ${await measure('written', 1, Math.ceil(records / 20))}`)
    console.log(`synced, 64 at once: ${await measure('synced', 64, Math.ceil(records / 10))}`)
  }
}

await main()
