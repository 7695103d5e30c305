import { readFile } from 'node:fs/promises'
import type { Clock } from '../../core/time.ts'

/** What sinks take from outside. `random`: from 0 up to 1. `say`: one line for the operator. */
export interface SinkParts {
  readonly clock: Clock
  readonly random: () => number
  readonly say: (line: string) => void
}

/** The content of a file with a secret or an authority, without the end of its line; undefined where none is named. */
export async function readSinkFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const text = (await readFile(path, 'utf8')).trim()
  if (text === '') throw new Error(`${path} is empty`)
  return text
}
