import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** Whose signatures on notes are accepted: an Ed25519 key by its name (C2SP signed-note). */
export interface NoteVerifier {
  readonly name: string
  /** The first four bytes of the key's hash, as 8 hexadecimal digits. */
  readonly id: string
  readonly publicKey: KeyObject
  /** `<name>+<id>+<base64 of type and key>`: what is given to whoever verifies. */
  readonly vkey: string
}

/** A key that signs notes. `skey` is the secret, in the form of Go's `sumdb/note`. */
export interface NoteSigner extends NoteVerifier {
  readonly privateKey: KeyObject
  readonly skey: string
}

// C2SP signed-note, Signature types; C2SP tlog-cosignature, Format
const ed25519 = Buffer.of(0x01)
const cosignature = Buffer.of(0x04)
const secretPrefix = 'PRIVATE+KEY+'
const keyBytes = 32
// RFC 8410: what stands before the 32 bytes of a key
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Makes a new key. `nameOf` is told the public key's 32 bytes. */
export function makeNoteSigner(nameOf: (publicKey: Uint8Array) => string): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return signerOf(nameOf(rawPublic(publicKey)), privateKey)
}

/** Reads a secret key as {@link NoteSigner.skey} writes it; undefined for any other text. */
export function readNoteSigner(skey: string): NoteSigner | undefined {
  if (!skey.startsWith(secretPrefix)) return undefined
  const parts = readParts(skey.slice(secretPrefix.length), ed25519)
  if (!parts) return undefined
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Head, parts.key]), format: 'der', type: 'pkcs8' })
  const signer = signerOf(parts.name, privateKey)
  return signer.skey === skey ? signer : undefined
}

/** Reads what {@link NoteVerifier.vkey} writes; undefined for any other text. */
export const readNoteVerifier = (vkey: string): NoteVerifier | undefined => readVerifier(vkey, ed25519)

/** Reads the key of a witness, which makes timestamped cosignatures with Ed25519; undefined for any other text. */
export const readCosignatureVerifier = (vkey: string): NoteVerifier | undefined => readVerifier(vkey, cosignature)

function readVerifier(vkey: string, type: Uint8Array): NoteVerifier | undefined {
  const parts = readParts(vkey, type)
  if (!parts) return undefined
  const publicKey = createPublicKey({ key: Buffer.concat([spkiHead, parts.key]), format: 'der', type: 'spki' })
  const verifier = verifierOf(parts.name, publicKey, type)
  return verifier.vkey === vkey ? verifier : undefined
}

function readParts(text: string, type: Uint8Array): { readonly name: string; readonly key: Buffer } | undefined {
  // the name holds no plus and no space; base64 may hold plus signs
  const [, name, , encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  return name !== undefined && bytes.length === 1 + keyBytes && bytes[0] === type[0]
    ? { name, key: bytes.subarray(1) }
    : undefined
}

function signerOf(name: string, privateKey: KeyObject): NoteSigner {
  const verifier = verifierOf(name, createPublicKey(privateKey))
  const seed = privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-keyBytes)
  const skey = `${secretPrefix}${name}+${verifier.id}+${Buffer.concat([ed25519, seed]).toString('base64')}`
  return { ...verifier, privateKey, skey }
}

function verifierOf(name: string, publicKey: KeyObject, type: Uint8Array = ed25519): NoteVerifier {
  const typed = Buffer.concat([type, rawPublic(publicKey)])
  const id = createHash('sha256').update(`${name}\n`).update(typed).digest().subarray(0, 4).toString('hex')
  return { name, id, publicKey, vkey: `${name}+${id}+${typed.toString('base64')}` }
}

const rawPublic = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' }).subarray(-keyBytes)
