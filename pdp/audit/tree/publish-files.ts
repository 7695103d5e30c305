import { dirname, join } from 'node:path'
import type { NewFile, TreeFiles } from './tree-files.ts'

/** A file to be published: `path` is where, below the folder. */
export interface FileToPublish {
  readonly path: string
  readonly bytes: Uint8Array
}

const maximumOpen = 64

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
  const made = new Set<string>()
  const makeFolder = (path: string) => {
    if (made.has(path)) return
    made.add(path)
    for (let topmost = files.makeFolder(path), at = path; topmost !== undefined; at = dirname(at)) {
      toSync.add(dirname(at)) // a new folder is found again once the one above it is on the device
      if (at === topmost) break
    }
  }
  makeFolder(staged)
  const stagedPaths = published.map((_, n) => join(staged, String(n)))
  for (let from = 0; from < published.length; from += maximumOpen)
    writeSynced(
      files,
      published.slice(from, from + maximumOpen).map(({ bytes }, i) => ({ path: stagedPaths[from + i] ?? '', bytes })),
    )
  for (const [n, { path }] of published.entries()) {
    const place = join(folder, path)
    makeFolder(dirname(place))
    files.rename(stagedPaths[n] ?? '', place)
    toSync.add(dirname(place))
  }
  for (const path of toSync) files.syncFolder(path)
}

/** Writes files, and syncs them only then: the first sync takes most of the work from the others. Reads each again. */
function writeSynced(files: TreeFiles, written: readonly FileToPublish[]): void {
  const open: NewFile[] = []
  try {
    for (const { path, bytes } of written) {
      const file = files.create(path)
      open.push(file)
      file.write(bytes)
    }
    for (const file of open) file.sync()
    for (const [n, { path, bytes }] of written.entries()) {
      const again = Buffer.allocUnsafe(bytes.length + 1) // one more, to see an end that should not be there
      if (open[n]?.read(again) !== bytes.length || again.compare(bytes, 0, bytes.length, 0, bytes.length) !== 0)
        throw new Error(`${path}: what was written is not what can be read: check the disk`)
    }
  } finally {
    for (const file of open) file.close()
  }
}
