import { constants } from 'node:fs'
import { access, open, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf, type Examined, type Finding } from './finding.ts'

const id = 'disk'
const nearReserve = 4

/** Where the audit log stands: whose it is, whether it can be written and synced, how much room is left, who holds it. */
export async function examineDisk({ config }: Examined): Promise<readonly Finding[]> {
  const { mode, reserve_bytes: reserve, directory = join(config.state, 'audit') } = config.audit
  if (mode === 'memory') return []
  const folder = await nearest(directory)
  const made = folder === directory
  return [
    await examineRoom(folder, reserve),
    await examineWriting(folder, directory, made),
    ...(made ? [await examineSync(folder), holder(join(directory, 'records.ndjson.lock'))] : []),
  ]
}

/** The folder, or the nearest above it that is there: it is made at the start. */
async function nearest(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined)
  return found?.isDirectory() === true || dirname(folder) === folder ? folder : nearest(dirname(folder))
}

async function examineRoom(folder: string, reserve: number): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  const detail = `${mib(free)} free; under ${mib(reserve)} nothing is allowed`
  const todo = 'make room, or lower audit.keep'
  if (free < reserve) return { id, about: folder, verdict: 'fail', detail, todo }
  return free < nearReserve * reserve
    ? { id, about: folder, verdict: 'warn', detail, todo }
    : { id, about: folder, verdict: 'ok', detail }
}

const mib = (bytes: number): string => `${Math.floor(bytes / 1_048_576)} MiB`

async function examineWriting(folder: string, directory: string, made: boolean): Promise<Finding> {
  const about = directory
  try {
    await access(folder, constants.W_OK | constants.X_OK)
    const { uid, mode } = await stat(folder)
    if (made && process.getuid !== undefined && uid !== process.getuid() && process.getuid() !== 0) {
      const todo = 'give it to the user of the process'
      return { id, about, verdict: 'warn', detail: `is of user ${uid}, and this is ${process.getuid()}`, todo }
    }
    if (made && mode & 0o022)
      return { id, about, verdict: 'fail', detail: 'others can write there', todo: `chmod go-w ${directory}` }
    return { id, about, verdict: 'ok', detail: made ? 'can be written' : 'is made at the start' }
  } catch (error) {
    const todo = 'mount it writable, and give it to the user of the process'
    return { id, about, verdict: 'fail', detail: `cannot be written: ${codeOf(error)}`, todo }
  }
}

/** Syncs the folder, which writes nothing that is not there. */
async function examineSync(folder: string): Promise<Finding> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    return { id, about: folder, verdict: 'ok', detail: 'can be synced' }
  } catch (error) {
    const todo = 'use a file system that keeps what it says it kept'
    return { id, about: folder, verdict: 'fail', detail: `cannot be synced: ${codeOf(error)}`, todo }
  }
}

/** Whether a process writes there: it holds the lock that SQLite takes on this empty file. Read, never taken. */
function holder(path: string): Finding {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true })
    database.prepare('SELECT 1 FROM sqlite_master').all()
    return { id: 'disk-lock', about: path, verdict: 'ok', detail: 'no process writes there' }
  } catch (error) {
    const busy = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
    return { id: 'disk-lock', about: path, verdict: 'ok', detail: busy ? 'a process writes there' : 'nobody wrote yet' }
  } finally {
    database?.close()
  }
}

const sqliteBusy = 5
