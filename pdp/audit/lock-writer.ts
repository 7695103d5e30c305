import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Makes this process the only one that holds `path`, until the answer is called or the process ends, however it ends.
 * Throws where another holder lives, in this process or another.
 *
 * The lock is the kernel's, taken by SQLite on a file that stays empty: Node has no call for one of its own. So there is
 * no stale lock to judge, which process numbers cannot tell where containers share a volume and each counts from 1.
 */
export function lockWriter(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // made here for its mode; never opened otherwise, since closing any descriptor of a file drops a process's locks on it
  if (!existsSync(path)) createEmpty(path)
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    if (!isBusy(cause)) throw cause
    throw new Error(`another process writes to this audit log: stop it, or name another folder (${path})`, { cause })
  }
  return () => database.close()
}

const SQLITE_BUSY = 5

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY

function createEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!existsSync(path)) throw error // else another process was faster
  }
}
