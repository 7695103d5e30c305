import { sign, verify } from 'node:crypto'
import type { NoteSigner, NoteVerifier } from './note-key.ts'

/** Why a note was not accepted: not in the form of one; not signed by this key; signed wrongly in its name. */
export type NoteFault = 'form' | 'unsigned' | 'signature'

export type OpenedNote =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly fault: NoteFault }

/** Signs a text that ends with a line end, as a note (C2SP signed-note). */
export function signNote(text: string, { name, id, privateKey }: NoteSigner): string {
  const signature = Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(text), privateKey)])
  return `${text}\n— ${name} ${signature.toString('base64')}\n`
}

const maximumNoteBytes = 1024 * 1024
const signatureLine = /^— ([^+\s]+) ([A-Za-z0-9+/]+={0,2})$/u

/** Reads a note that must be signed by this key; signatures by others are ignored (C2SP signed-note, Signatures). */
export function openNote(note: Uint8Array, { name, id, publicKey }: NoteVerifier): OpenedNote {
  const bytes = Buffer.from(note.buffer, note.byteOffset, note.byteLength)
  const whole = bytes.toString()
  // compared as bytes: what is not UTF-8 becomes other bytes; the first U+FEFF is kept by toString
  if (bytes.length > maximumNoteBytes || !Buffer.from(whole).equals(bytes)) return { ok: false, fault: 'form' }
  const end = whole.lastIndexOf('\n\n') + 1
  if (end === 0 || !whole.endsWith('\n') || /[\0-\x09\x0b-\x1f]/.test(whole)) return { ok: false, fault: 'form' }
  const text = whole.slice(0, end)
  const lines = whole.slice(end + 1, -1).split('\n')
  let signed = false
  for (const line of lines) {
    const [, by, encoded = ''] = signatureLine.exec(line) ?? []
    const signature = Buffer.from(encoded, 'base64')
    if (by === undefined || signature.length < 5 || signature.toString('base64') !== encoded)
      return { ok: false, fault: 'form' }
    if (by !== name || signature.subarray(0, 4).toString('hex') !== id) continue
    if (!verify(null, Buffer.from(text), publicKey, signature.subarray(4))) return { ok: false, fault: 'signature' }
    signed = true
  }
  return signed ? { ok: true, text } : { ok: false, fault: 'unsigned' }
}
