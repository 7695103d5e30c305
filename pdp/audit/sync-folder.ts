import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Puts on the device which files a folder holds: a rename in it is lost with the power until then. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
