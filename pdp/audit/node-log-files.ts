import * as fs from 'node:fs'
import { mkdir, open as openHandle, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lockWriter } from './lock-writer.ts'
import type { LogFile, LogFiles } from './log-file.ts'

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = fs.constants

/** The file system of the machine. */
export const nodeLogFiles: LogFiles = {
  lock: lockWriter,
  open: openLogFile,
  keep: keepFile,
  list: (path) => readdir(path).catch(() => []),
  remove: (path) => rm(path),
  look: async (path) => {
    const { size, mtimeMs } = await stat(path)
    return { bytes: size, changedMs: mtimeMs }
  },
}

async function keepFile(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { mode: 0o600, flush: true })
  await syncFolder(dirname(path))
}

async function openLogFile(path: string): Promise<LogFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // a link may lead to a file that is not the log's, so it is not followed
  const handle = await openHandle(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`the audit log must be a regular file: ${path}`)
    await syncFolder(dirname(path))
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    size: async () => (await handle.stat()).size,
    async read(from, length) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from)
      return buffer.subarray(0, bytesRead)
    },
    // by callback: per call it costs less than the handle's own write
    write: (bytes) =>
      new Promise((resolve, reject) => {
        fs.write(handle.fd, bytes, 0, bytes.length, null, (error, written) =>
          error ? reject(error) : resolve(written),
        )
      }),
    sync: () => handle.datasync(),
    truncate: (length) => handle.truncate(length),
    close: () => handle.close(),
  }
}

/** A new file is found again after a power loss only once its folder is on the device. */
async function syncFolder(path: string): Promise<void> {
  const folder = await openHandle(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
