import { readFileSync } from 'node:fs'
import { replaceFile } from '../replace-file.ts'
import { memberAt, readLine, textAt } from '../export/stored-line.ts'

/** How far a sink is in which log: all records before `next` were delivered. */
export interface CursorPlace {
  readonly origin: string
  readonly next: number
}

/** Where a sink's place is kept. `save` returns when it is on the device. */
export interface Cursor {
  load(): CursorPlace | undefined
  save(place: CursorPlace): void
}

/** A cursor in a file, replaced whole, so that a crash leaves the place before or the new one. Throws for a file that is none. */
export function fileCursor(path: string): Cursor {
  return {
    load() {
      let text: string
      try {
        text = readFileSync(path, 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
      const place = readLine(text)
      const [origin, next] = [textAt(place, 'origin'), memberAt(place, 'next')]
      if (origin === undefined || typeof next !== 'number' || !Number.isSafeInteger(next) || next < 0)
        throw new Error(`${path} is no cursor: remove it, and everything is delivered again`)
      return { origin, next }
    },
    save: (place) => replaceFile(path, `${JSON.stringify(place)}\n`),
  }
}
