import { readFile } from 'node:fs/promises'
import type { Terminal } from './terminal.ts'

/** The content of a file that the user named; undefined, and said why, if it cannot be read. */
export async function readGivenFile(path: string, say: Terminal['say']): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    say(
      `${path}: cannot be read: ${error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'}`,
    )
    return undefined
  })
}
