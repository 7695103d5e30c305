import { type NoteVerifier, readNoteVerifier } from '../audit/tree/note-key.ts'
import { readGivenFile } from './read-given-file.ts'
import type { Terminal } from './terminal.ts'

/** The key of an audit log, given as it is or as a file that holds it; undefined, and said why, if it is none. */
export async function readVkey(given: string, say: Terminal['say']): Promise<NoteVerifier | undefined> {
  const direct = readNoteVerifier(given)
  if (direct) return direct
  const file = await readGivenFile(given, say)
  const verifier = file && readNoteVerifier(file.toString('latin1').trim().split('\n').at(-1) ?? '') // the newest of its log
  if (file && !verifier)
    say(`${given}: is no key of an audit log: name state/keys/audit-log.vkey of the one that wrote it`)
  return verifier
}
