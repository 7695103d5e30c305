import { verify } from 'node:crypto'
import type { NoteVerifier } from '../tree/note-key.ts'
import { type SignatureLine, splitNote } from '../tree/note.ts'

const timestampBytes = 8
const signatureBytes = 64

/**
 * When a witness cosigned a checkpoint, in seconds since the epoch, by a signature of it (C2SP tlog-cosignature, Ed25519);
 * undefined where the signature is not by this key, or not over this text.
 */
export function cosignedAt(
  text: string,
  { by, keyId, signature }: SignatureLine,
  { name, id, publicKey }: NoteVerifier,
): number | undefined {
  if (by !== name || keyId !== id || signature.length !== timestampBytes + signatureBytes) return undefined
  const time = signature.readBigUInt64BE()
  const message = Buffer.from(`cosignature/v1\ntime ${time}\n${text}`)
  const seconds = Number(time)
  return Number.isSafeInteger(seconds) && verify(null, message, publicKey, signature.subarray(timestampBytes))
    ? seconds
    : undefined
}

/** Which of these witnesses cosigned a note; none for what is no note. */
export function cosigners<Name>(note: Uint8Array, witnesses: ReadonlyMap<Name, NoteVerifier>): ReadonlySet<Name> {
  const parts = splitNote(note)
  const found = new Set<Name>()
  for (const [name, key] of parts ? witnesses : [])
    if (parts?.signatures.some((each) => cosignedAt(parts.text, each, key) !== undefined)) found.add(name)
  return found
}
