import type { TreeHead } from './check-consistency.ts'
import { hashFromBase64, toBase64 } from './merkle-hash.ts'
import { type NoteFault, openNote, signNote } from './note.ts'
import type { NoteSigner, NoteVerifier } from './note-key.ts'

/** A signed tree head (C2SP tlog-checkpoint). `note` is its text with the signature, as it is published. */
export interface Checkpoint extends TreeHead {
  readonly note: string
}

/** `origin`: signed by the key, for another log. */
export type CheckpointFault = NoteFault | 'origin'

export type OpenedCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly fault: CheckpointFault }

/** Signs a tree head. The origin is the name of the key. */
export function signCheckpoint({ size, root }: TreeHead, signer: NoteSigner): Checkpoint {
  return { size, root, note: signNote(`${signer.name}\n${size}\n${toBase64(root)}\n`, signer) }
}

const form = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*$/

/** Reads a checkpoint that must be signed by this key, for the log of its name. */
export function openCheckpoint(note: Uint8Array, verifier: NoteVerifier): OpenedCheckpoint {
  const opened = openNote(note, verifier)
  if (!opened.ok) return opened
  const [, origin, digits = '', encoded = ''] = form.exec(opened.text) ?? []
  const root = hashFromBase64(encoded)
  const size = Number(digits)
  if (origin === undefined || root === undefined || !Number.isSafeInteger(size)) return { ok: false, fault: 'form' }
  if (origin !== verifier.name) return { ok: false, fault: 'origin' }
  return { ok: true, checkpoint: { size, root, note: Buffer.from(note).toString() } }
}
