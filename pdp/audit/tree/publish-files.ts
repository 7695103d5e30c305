import { dirname, join } from 'node:path'
import type { TreeFiles } from './tree-files.ts'

/** A file to be published: `path` is where, below the folder. */
export interface FileToPublish {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Where files are written before they are published; what a crash left there is never read. */
export const stagedFolder = 'staged'

/**
 * Publishes files so that each is whole and on the device, or is not there: all are staged, synced and read again, and
 * only then each takes its place by a rename. Throws the error of the system; a file that took its place stays, and may
 * be published again.
 */
export function publishFiles(files: TreeFiles, folder: string, published: readonly FileToPublish[]): void {
  const staged = join(folder, stagedFolder)
  const toSync = new Set<string>()
  const makeFolder = (path: string) => {
    for (let made = files.makeFolder(path), at = path; made !== undefined; at = dirname(at)) {
      toSync.add(dirname(at)) // a new folder is found again once the one above it is on the device
      if (at === made) break
    }
  }
  makeFolder(staged)
  const stagedPath = (n: number) => join(staged, String(n))
  for (const [n, { path, bytes }] of published.entries()) {
    writeSynced(files, stagedPath(n), bytes)
    if (!files.read(stagedPath(n))?.equals(bytes))
      throw new Error(`${path}: what was written is not what can be read: check the disk`)
  }
  for (const [n, { path }] of published.entries()) {
    const place = join(folder, path)
    makeFolder(dirname(place))
    files.rename(stagedPath(n), place)
    toSync.add(dirname(place))
  }
  for (const path of toSync) files.syncFolder(path)
}

function writeSynced(files: TreeFiles, path: string, bytes: Uint8Array): void {
  const file = files.create(path)
  try {
    file.write(bytes)
    file.sync()
  } finally {
    file.close()
  }
}
