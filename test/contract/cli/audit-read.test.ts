import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { auditLogRoute } from '../../../pdp/admin/audit-log.ts'
import { createAdminServer } from '../../../pdp/admin/create-server.ts'
import { recordLine } from '../../../pdp/audit/record-line.ts'
import { nodeTreeFiles } from '../../../pdp/audit/tree/node-tree-files.ts'
import { createTreeReader } from '../../../pdp/audit/tree/serve-tree.ts'
import { main } from '../../../pdp/cli/main.ts'
import type { AuditRecord } from '../../../pdp/core/record.ts'
import { catchSignals } from '../../../pdp/process/await-end.ts'
import { eventually } from '../../support/eventually.ts'
import { bareRecord, clauseOf, decisionRecord, idOf, startRecord } from '../../unit/audit/sample-records.ts'
import { createSampleLog, type SampleLog } from '../../unit/audit/tree/sample-log.ts'
import { command } from '../../unit/cli/harness.ts'

let base = ''
let log: SampleLog
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'audit-read-'))
  log = createSampleLog(base)
})
afterEach(() => rmSync(base, { recursive: true }))

const denied = (n: number, subject: string, resource: string): AuditRecord => {
  const record = decisionRecord(n, { effect: 'deny', code: 'POLICY_DENIED', clause: clauseOf('policy-allow-false') })
  const { subject: who, questions } = record
  return {
    ...record,
    ...(who && { subject: { ...who, id: subject } }),
    questions: questions.map((question) => ({
      ...question,
      code: 'POLICY_DENIED' as const,
      resource: { type: 'order', id: resource },
    })),
  }
}

/** Ten records: a start, allows, two denies of one subject, faults. */
function write(records: readonly AuditRecord[], to = log.places.log): readonly string[] {
  const lines = records.map((record, seq) => recordLine(record, seq))
  writeFileSync(to, lines.map((line) => `${line}\n`).join(''))
  return lines
}
const sample: readonly AuditRecord[] = [
  startRecord(0),
  decisionRecord(1),
  denied(2, 'spiffe://prod.example/mallory', '42'),
  decisionRecord(3, { service: 'billing' }),
  bareRecord(4),
  denied(5, 'spiffe://prod.example/mallory', '7'),
  decisionRecord(6),
]

const numbers = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { seq: number }).seq)

const queries: readonly (readonly [flags: readonly string[], seqs: readonly number[]])[] = [
  [[], [0, 1, 2, 3, 4, 5, 6]],
  [
    ['--effect', 'deny'],
    [2, 4, 5],
  ],
  [
    ['--subject', 'spiffe://prod.example/mallory'],
    [2, 5],
  ],
  [['--subject', 'spiffe://prod.example/mallory', '--resource', '7'], [5]],
  [
    ['--resource', 'order/42'],
    [1, 2, 3, 6],
  ],
  [
    ['--resource', 'order'],
    [1, 2, 3, 5, 6],
  ],
  [['--service', 'billing'], [3]],
  [['--code', 'INTERNAL'], [4]],
  [
    ['--clause', 'policy-allow-false'],
    [2, 5],
  ],
  [['--kind', 'start'], [0]],
  [['--id', idOf(3)], [3]],
  [['--id', idOf(99)], []],
  [
    ['--from', '2025-10-09T08:53:20.005Z'],
    [5, 6],
  ],
  [
    ['--from', '2025-10-09T08:53:20.002Z', '--to', '2025-10-09T08:53:20.004Z'],
    [2, 3],
  ],
  [
    ['--limit', '2'],
    [5, 6],
  ],
  [
    ['--limit', '2', '--effect', 'allow'],
    [3, 6],
  ],
]

describe('query', () => {
  test('finds what is looked for, with the index and without', async () => {
    const lines = write(sample)
    for (const [flags, seqs] of queries) {
      for (const more of [[], ['--scan']]) {
        const { code, out } = await command(['audit', 'query', log.folder, '--json', ...flags, ...more])
        expect([code, flags, numbers(out)]).toEqual([0, flags, seqs])
        expect(out).toBe(seqs.map((seq) => `${lines[seq]}\n`).join(''))
      }
    }
  })

  test('an index takes up what the log gained', async () => {
    write(sample.slice(0, 3))
    expect(numbers((await command(['audit', 'query', log.folder, '--json', '--effect', 'deny'])).out)).toEqual([2])
    write(sample)
    const { out, said } = await command(['audit', 'query', log.folder, '--json', '--effect', 'deny'])
    expect([numbers(out), said]).toEqual([[2, 4, 5], ''])
  })

  const damages: readonly (readonly [name: string, damage: (path: string) => void, says: RegExp])[] = [
    ['cut', (path) => truncateSync(path, 5_000), /damaged/],
    ['no database', (path) => writeFileSync(path, 'x'.repeat(9_000)), /damaged/],
    ['a page overwritten', (path) => overwrite(path, 8_192, 4_096), /damaged/],
    ['a record missing', (path) => change(path, 'DELETE FROM records WHERE seq = 5'), /damaged/],
    ['a term missing', (path) => change(path, "DELETE FROM terms WHERE value = 'deny' AND seq = 5"), /damaged/],
    [
      'a term of another record',
      (path) => change(path, "UPDATE terms SET seq = 3 WHERE value = 'deny' AND seq = 5"),
      /other records/,
    ],
    ['of another version', (path) => change(path, 'UPDATE about SET version = 0'), /version/],
  ]
  test.for(damages)('an index that is damaged is made anew: %s', async ([, damage, says]) => {
    write(sample)
    const args = ['audit', 'query', log.folder, '--json', '--effect', 'deny']
    await command(args)
    damage(join(`${log.folder}-index`, 'index.sqlite'))
    const { code, out, said } = await command(args)
    expect([code, numbers(out)]).toEqual([0, [2, 4, 5]])
    expect(said).toMatch(says)
    expect((await command(args)).said).toBe('')
  })

  test('an index of another log is made anew', async () => {
    write(sample)
    const args = ['audit', 'query', log.folder, '--json', '--kind', 'decision']
    await command(args)
    write(sample.map((record, n) => ({ ...record, id: idOf(100 + n) })))
    const { out, said } = await command(args)
    expect(numbers(out)).toHaveLength(6)
    expect(said).toMatch(/another log/)
  })

  test.for([
    [['--from', 'yesterday'], 64],
    [['--limit', '0'], 64],
  ] as const)('%s is refused', async ([flags, code]) => {
    write(sample)
    expect((await command(['audit', 'query', log.folder])).code).toBe(0)
    expect(await command(['audit', 'query', log.folder, ...flags])).toMatchObject({ code, out: '' })
  })

  test('no log is 3, a damaged one 2', async () => {
    expect((await command(['audit', 'query', join(base, 'nothing')])).code).toBe(3)
    const lines = write(sample)
    writeFileSync(log.places.log, `${lines[0]}\n${lines[2]}\n`)
    expect((await command(['audit', 'query', log.folder])).code).toBe(2)
  })

  test('a line for people lets no caller act on the terminal', async () => {
    write([denied(0, 'spiffe://prod.example/\u001b[2Jx\u202e', '42')])
    const { out } = await command(['audit', 'query', log.folder])
    expect(out).toMatch(/deny {3}POLICY_DENIED/)
    expect(out.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

function overwrite(path: string, from: number, length: number): void {
  const bytes = readFileSync(path)
  bytes.fill(0x5a, from, from + length)
  writeFileSync(path, bytes)
}

describe('tail', () => {
  test('prints what is there, what comes, and what comes after the log was begun anew; then stops', async () => {
    write(sample.slice(0, 4))
    const signals = new EventEmitter()
    let out = ''
    let said = ''
    const ended = main(
      ['audit', 'tail', log.folder, '--json', '-n', '2'],
      {
        out: (text) => (out += text),
        say: (line) => (said += line),
        environment: {},
        randomBytes: () => new Uint8Array(),
      },
      catchSignals(signals),
    )
    await eventually(() => expect(numbers(out)).toEqual([2, 3]))
    write(sample)
    await eventually(() => expect(numbers(out)).toEqual([2, 3, 4, 5, 6]))
    renameSync(log.folder, `${log.folder}.old`)
    await eventually(() => expect(said).toMatch(/has no audit log/))
    log = createSampleLog(base)
    write([decisionRecord(50), decisionRecord(51)])
    await eventually(() => expect(numbers(out)).toEqual([2, 3, 4, 5, 6, 0, 1]))
    signals.emit('SIGTERM')
    expect(await ended).toBe(0)
  })
})

describe('from an administration listener', () => {
  let server: Server
  let socket = ''
  beforeEach(async () => {
    log.growTo(600)
    const builder = log.open()
    builder.advance(log.extent())
    builder.close()
    const read = createTreeReader(log.places, () => 600, nodeTreeFiles)
    server = createAdminServer({ routes: [auditLogRoute(async (path) => read(path))] })
    socket = join(await mkdtemp(join(tmpdir(), 'adm-')), 's')
    server.listen(socket)
    await once(server, 'listening')
  })
  afterEach(() => void server.close())

  test('query and export read what is under the checkpoint', async () => {
    const query = await command(['audit', 'query', `unix:${socket}`, '--json', '--limit', '700'])
    expect([query.code, numbers(query.out)]).toEqual([0, Array.from({ length: 600 }, (_, n) => n)])
    expect(query.out).toBe(readFileSync(log.places.log, 'utf8'))
    const exported = await command(['audit', 'export', `unix:${socket}`, '--format', 'opa'])
    expect(exported.out.trim().split('\n')).toHaveLength(600)
    expect(exported.out).toContain('"log":"host.example/audit/0123456789abcdef"')
  })

  test('who does not answer, or is no log, is 5', async () => {
    expect((await command(['audit', 'query', 'unix:/nowhere'])).code).toBe(5)
    expect((await command(['audit', 'query', 'https://127.0.0.1:1'])).code).toBe(5)
    expect((await command(['audit', 'query', 'http://example.org'])).code).toBe(64)
  })
})
