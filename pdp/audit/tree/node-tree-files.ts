import * as fs from 'node:fs'
import { syncFolder } from '../sync-folder.ts'
import type { LogBytes, NewFile, TreeFiles } from './tree-files.ts'

const { O_CREAT, O_NOFOLLOW, O_RDONLY, O_RDWR, O_TRUNC } = fs.constants

/** The file system of the machine. */
export const nodeTreeFiles: TreeFiles = {
  openLog,
  rewrite,
  read: (path) => orAbsent(() => fs.readFileSync(path)),
  create,
  makeFolder: (path) => fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  rename: fs.renameSync,
  syncFolder,
  list: (path) => orAbsent(() => fs.readdirSync(path)) ?? [],
  remove: (path) => fs.rmSync(path, { recursive: true, force: true }),
}

function openLog(path: string): LogBytes {
  const file = fs.openSync(path, O_RDONLY | O_NOFOLLOW)
  return {
    read: (from, into) => {
      let read = 0
      while (read < into.length) {
        const part = fs.readSync(file, into, read, into.length - read, from + read)
        if (part === 0) break
        read += part
      }
      return read
    },
    size: () => fs.fstatSync(file).size,
    sync: () => fs.fdatasyncSync(file),
    close: () => fs.closeSync(file),
  }
}

function rewrite(path: string, from: number, to: number): void {
  const file = fs.openSync(path, O_RDWR | O_NOFOLLOW)
  try {
    const chunk = Buffer.allocUnsafe(Math.min(rewriteBytes, to - from))
    for (let at = from; at < to; ) {
      const length = fs.readSync(file, chunk, 0, Math.min(chunk.length, to - at), at)
      if (length === 0) throw new Error('the audit log was cut by something else: stop it, then start anew')
      at += fs.writeSync(file, chunk, 0, length, at)
    }
  } finally {
    fs.closeSync(file)
  }
}

const rewriteBytes = 1024 * 1024

function create(path: string): NewFile {
  const file = fs.openSync(path, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600)
  return {
    write: (bytes) => {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at)
    },
    sync: () => fs.fsyncSync(file),
    read: (into) => fs.readSync(file, into, 0, into.length, 0),
    close: () => fs.closeSync(file),
  }
}

function orAbsent<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
