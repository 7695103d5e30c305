import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sha256 } from '../../core/digest.ts'
import { readLine, timeOf } from '../export/stored-line.ts'
import type { RecordReader, StoredRecord } from '../read-records.ts'
import { type RecordFilter, termNames, termsOf } from './record-filter.ts'

/**
 * An index over the records of a log, to find them by. It says where to look and nothing else: who finds a record reads
 * it in the log. `find` answers numbers of records in order, from the newest if asked so.
 */
export interface RecordIndex {
  /** Takes up what the log has gained, and forgets what was pruned of it. */
  advance(): void
  find(filter: RecordFilter, limit: { readonly records: number; readonly newestFirst: boolean }): readonly number[]
  close(): void
}

/** - `folder`: of the index alone; what is in it may be lost at any time. `rebuilt`: told when it was not usable. */
export interface RecordIndexOptions {
  readonly folder: string
  readonly records: RecordReader
  readonly rebuilt: (reason: string) => void
}

const version = 2
const perTransaction = { records: 2_048, bytes: 4 * 1024 * 1024 }

const schema = `
  CREATE TABLE about (version INTEGER, first INTEGER, next INTEGER, last TEXT, terms INTEGER);
  CREATE TABLE records (seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL);
  CREATE TABLE terms (name INTEGER, value TEXT, seq INTEGER, PRIMARY KEY (name, value, seq)) WITHOUT ROWID;
  CREATE INDEX times ON records (ts, seq);
  INSERT INTO about VALUES (${version}, 0, 0, '', 0);`

/**
 * Opens the index of a log, and makes it anew where it is damaged, of another log, or not of what the log begins with.
 * Throws where the folder cannot be written.
 */
export function openRecordIndex({ folder, records, rebuilt }: RecordIndexOptions): RecordIndex {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'index.sqlite')
  try {
    const database = new DatabaseSync(path)
    const fault = faultOf(database, records)
    if (fault === undefined) return indexOver(database, records)
    database.close()
    if (fault !== 'new') rebuilt(fault)
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error // a fault of the log is not one of the index
    rebuilt('the index is damaged')
  }
  removeIndex(folder)
  const database = new DatabaseSync(path)
  database.exec(schema)
  return indexOver(database, records)
}

/** Removes an index, so that the next that opens it makes it anew. */
export function removeIndex(folder: string): void {
  for (const name of ['index.sqlite', 'index.sqlite-journal', 'index.sqlite-wal', 'index.sqlite-shm'])
    rmSync(join(folder, name), { force: true })
}

/** - `first`, `next`: the oldest record that is in it, and the number after the newest, whose line has the digest `last`. */
interface About {
  readonly first: number
  readonly next: number
  readonly last: string
  readonly terms: number
}

/** Why an index cannot be used with this log; undefined for one that can. */
function faultOf(database: DatabaseSync, records: RecordReader): string | undefined {
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table'").get()
  if (tables?.['n'] === 0) return 'new'
  if (Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {})[0] !== 'ok')
    return 'the index is damaged'
  if (database.prepare('SELECT version FROM about').get()?.['version'] !== version)
    return 'the index is of another version of this program'
  const { first, next, last, terms } = aboutOf(database)
  const held = database.prepare('SELECT count(*) AS n, min(seq) AS first, max(seq) AS last FROM records').get() ?? {}
  if (held['n'] !== next - first || (next > first && (held['first'] !== first || held['last'] !== next - 1)))
    return 'the index is damaged'
  if (database.prepare('SELECT count(*) AS n FROM terms').get()?.['n'] !== terms) return 'the index is damaged'
  if (next === first) return undefined
  const [newest] = records.read(next - 1, { records: 1, bytes: 1 })
  if (newest && newest.seq > next - 1) return 'what the index knows was pruned'
  return newest && sha256(newest.line) === last ? undefined : 'the index is of another log'
}

function aboutOf(database: DatabaseSync): About {
  const row = database.prepare('SELECT first, next, last, terms FROM about').get() ?? {}
  return {
    first: Number(row['first']),
    next: Number(row['next']),
    last: String(row['last']),
    terms: Number(row['terms']),
  }
}

function indexOver(database: DatabaseSync, records: RecordReader): RecordIndex {
  const addRecord = database.prepare('INSERT INTO records VALUES (?, ?)')
  const addTerm = database.prepare('INSERT INTO terms VALUES (?, ?, ?)')
  const setAbout = database.prepare(
    'UPDATE about SET first = iif(first = next, ?, first), next = ?, last = ?, terms = terms + ?',
  )

  function take(found: readonly StoredRecord[]): void {
    const [first] = found
    const last = found.at(-1)
    if (!first || !last) return
    let terms = 0
    database.exec('BEGIN')
    try {
      for (const { seq, line } of found) {
        const record = readLine(line)
        addRecord.run(seq, record ? timeOf(record) : 0)
        for (const [name, value] of record ? termsOf(record) : []) {
          addTerm.run(termNames.indexOf(name), value, seq)
          terms++
        }
      }
      setAbout.run(first.seq, last.seq + 1, sha256(last.line), terms)
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  function prune(oldest: number): void {
    if (aboutOf(database).next <= oldest) return // nothing of it is in the index
    database.exec('BEGIN')
    try {
      database.prepare('DELETE FROM records WHERE seq < ?').run(oldest)
      const { changes } = database.prepare('DELETE FROM terms WHERE seq < ?').run(oldest)
      database.prepare('UPDATE about SET first = ?, terms = terms - ?').run(oldest, changes)
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  return {
    advance() {
      const [oldest] = records.read(0, { records: 1, bytes: 1 })
      if (oldest && oldest.seq > aboutOf(database).first) prune(oldest.seq)
      let { next } = aboutOf(database)
      for (;;) {
        const found = records.read(next, perTransaction)
        const last = found.at(-1)
        if (!last) return
        take(found)
        next = last.seq + 1
      }
    },
    find({ terms, from, to }, { records: limit, newestFirst }) {
      const wanted = termNames.flatMap((name, i) => (terms[name] === undefined ? [] : [[i, terms[name]] as const]))
      const conditions = [
        ...(from === undefined ? [] : ['ts >= ?']),
        ...(to === undefined ? [] : ['ts < ?']),
        ...wanted.map(() => 'seq IN (SELECT seq FROM terms WHERE name = ? AND value = ?)'),
      ]
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
      const order = newestFirst ? 'DESC' : 'ASC'
      const values = [from, to].filter((value) => value !== undefined)
      return database
        .prepare(`SELECT seq FROM records ${where} ORDER BY seq ${order} LIMIT ?`)
        .all(...values, ...wanted.flat(), limit)
        .map((row) => Number(row['seq']))
    },
    close: () => database.close(),
  }
}
