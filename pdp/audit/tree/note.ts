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
  const parts = splitNote(note)
  if (!parts) return { ok: false, fault: 'form' }
  let signed = false
  for (const { by, keyId, signature } of parts.signatures) {
    if (by !== name || keyId !== id) continue
    if (!verify(null, Buffer.from(parts.text), publicKey, signature)) return { ok: false, fault: 'signature' }
    signed = true
  }
  return signed ? { ok: true, text: parts.text } : { ok: false, fault: 'unsigned' }
}

/** A line of a note that says who signed it. `line` is the line itself, without its end. */
export interface SignatureLine {
  readonly line: string
  readonly by: string
  readonly keyId: string
  readonly signature: Buffer
}

/** The text of a note and its signatures, none of them verified; undefined for what is no note. */
export function splitNote(
  note: Uint8Array,
): { readonly text: string; readonly signatures: readonly SignatureLine[] } | undefined {
  const bytes = Buffer.from(note.buffer, note.byteOffset, note.byteLength)
  const whole = bytes.toString()
  // compared as bytes: what is not UTF-8 becomes other bytes; the first U+FEFF is kept by toString
  if (bytes.length > maximumNoteBytes || !Buffer.from(whole).equals(bytes)) return undefined
  const end = whole.lastIndexOf('\n\n') + 1
  if (end === 0 || !whole.endsWith('\n') || /[\0-\x09\x0b-\x1f]/.test(whole)) return undefined
  const signatures = whole
    .slice(end + 1, -1)
    .split('\n')
    .map(readSignatureLine)
  return signatures.every((each) => each !== undefined) ? { text: whole.slice(0, end), signatures } : undefined
}

/** Reads one line of a note's signatures, without its end; undefined for any other line. */
export function readSignatureLine(line: string): SignatureLine | undefined {
  const [, by, encoded = ''] = signatureLine.exec(line) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  if (by === undefined || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined
  return { line, by, keyId: bytes.subarray(0, 4).toString('hex'), signature: bytes.subarray(4) }
}
