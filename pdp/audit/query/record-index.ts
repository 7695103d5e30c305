import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Digest, sha256 } from '../../core/digest.ts'
import { readLine, timeOf } from '../export/stored-line.ts'
import type { RecordReader, StoredRecord } from '../read-records.ts'
import { type RecordFilter, termNames, termsOf } from './record-filter.ts'

/**
 * An index over the records of a log, to find them by. It says where to look and nothing else: who finds a record reads
 * it in the log. `find` answers numbers of records in order, from the newest if asked so.
 */
export interface RecordIndex {
  /** Takes up what the log has gained; answers how many records the index has then. */
  advance(): number
  find(filter: RecordFilter, limit: { readonly records: number; readonly newestFirst: boolean }): readonly number[]
  close(): void
}

/** - `folder`: of the index alone; what is in it may be lost at any time. `rebuilt`: told when it was not usable. */
export interface RecordIndexOptions {
  readonly folder: string
  readonly records: RecordReader
  readonly rebuilt: (reason: string) => void
}

const version = 1
const perTransaction = { records: 2_048, bytes: 4 * 1024 * 1024 }

const schema = `
  CREATE TABLE about (version INTEGER, first TEXT, last TEXT, count INTEGER, terms INTEGER);
  CREATE TABLE records (seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL);
  CREATE TABLE terms (name INTEGER, value TEXT, seq INTEGER, PRIMARY KEY (name, value, seq)) WITHOUT ROWID;
  CREATE INDEX times ON records (ts, seq);
  INSERT INTO about VALUES (${version}, '', '', 0, 0);`

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

interface About {
  readonly first: Digest | ''
  readonly last: Digest | ''
  readonly count: number
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
  const { first, last, count, terms } = aboutOf(database)
  const held = database.prepare('SELECT count(*) AS n, max(seq) AS last FROM records').get()
  if (held?.['n'] !== count || (count > 0 && held['last'] !== count - 1)) return 'the index is damaged'
  if (database.prepare('SELECT count(*) AS n FROM terms').get()?.['n'] !== terms) return 'the index is damaged'
  if (count === 0) return undefined
  const same = lineDigest(records, 0) === first && lineDigest(records, count - 1) === last
  return same ? undefined : 'the index is of another log'
}

function aboutOf(database: DatabaseSync): About {
  const row = database.prepare('SELECT first, last, count, terms FROM about').get() ?? {}
  // digests that this file wrote; one that is something else equals no digest of a line
  const [first, last] = [String(row['first']) as Digest, String(row['last']) as Digest]
  return { first, last, count: Number(row['count']), terms: Number(row['terms']) }
}

const lineDigest = (records: RecordReader, seq: number): Digest | undefined => {
  const [found] = records.read(seq, { records: 1, bytes: 1 })
  return found && sha256(found.line)
}

function indexOver(database: DatabaseSync, records: RecordReader): RecordIndex {
  const addRecord = database.prepare('INSERT INTO records VALUES (?, ?)')
  const addTerm = database.prepare('INSERT INTO terms VALUES (?, ?, ?)')
  const setAbout = database.prepare(
    "UPDATE about SET first = iif(first = '', ?, first), last = ?, count = ?, terms = terms + ?",
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
      setAbout.run(sha256(first.line), sha256(last.line), last.seq + 1, terms)
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  return {
    advance() {
      let { count } = aboutOf(database)
      for (;;) {
        const found = records.read(count, perTransaction)
        if (found.length === 0) return count
        take(found)
        count += found.length
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
