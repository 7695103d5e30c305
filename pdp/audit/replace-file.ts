import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from './sync-folder.ts'

/** Puts a file in the place of one of that name: a crash leaves the one or the other whole. It is on the device when it returns. */
export function replaceFile(path: string, content: string | Uint8Array, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const staged = `${path}.new`
  writeFileSync(staged, content, { mode, flush: true })
  chmodSync(staged, mode) // a file that a crash left has the mode it had
  renameSync(staged, path)
  syncFolder(dirname(path))
}
