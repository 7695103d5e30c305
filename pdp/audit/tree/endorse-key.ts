import { sign, verify } from 'node:crypto'
import { type NoteSigner, type NoteVerifier, readNoteVerifier } from './note-key.ts'

/** What a log says of a key that was replaced: the facts of a `key` record. */
export interface Replacement {
  readonly vkey: string
  readonly previous: string
  readonly endorsement: string
}

// no checkpoint: the second line of one is a number
const endorsed = (previous: string, vkey: string): Buffer =>
  Buffer.from(`sallyport audit-log key replaced\n${previous}\n${vkey}\n`)

/** Signs, with the key that goes, that another one of the same log follows it. */
export const endorseKey = (previous: NoteSigner, next: NoteVerifier): Replacement => ({
  vkey: next.vkey,
  previous: previous.vkey,
  endorsement: sign(null, endorsed(previous.vkey, next.vkey), previous.privateKey).toString('base64'),
})

/**
 * All keys of a log that follow from one of them: those that it, or one that follows from it, was replaced by, and those
 * it came after. Each step is signed by the older of two keys; one that is not counts for nothing.
 */
export function keysOf(known: NoteVerifier, replacements: readonly Replacement[]): readonly NoteVerifier[] {
  const keys = new Map([[known.vkey, known]])
  for (let before = 0; before < keys.size; ) {
    before = keys.size
    for (const { vkey, previous, endorsement } of replacements) {
      const [older, newer] = [readNoteVerifier(previous), readNoteVerifier(vkey)]
      if (!older || !newer || older.name !== known.name || newer.name !== known.name) continue
      if (!keys.has(previous) && !keys.has(vkey)) continue
      if (!verify(null, endorsed(previous, vkey), older.publicKey, Buffer.from(endorsement, 'base64'))) continue
      keys.set(previous, older).set(vkey, newer)
    }
  }
  return [...keys.values()]
}
