import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'

/** `SPPAY1` and two bytes of nothing, then the salt that the file's key is derived with. */
const magic = Buffer.from('SPPAY1\0\0', 'latin1')
const saltBytes = 32
const lengthBytes = 4
const tagBytes = 16

/** Bytes before the first frame. */
const headerBytes: number = magic.length + saltBytes

/** The longest frame that is read; a longer one is no frame. */
const maximumFrame = 64 * 1024 * 1024

/**
 * Seals the frames of one file. Each file has a key of its own, derived from the day's key and a random salt of 32 bytes,
 * and one writer, which numbers its frames; the number is the nonce. So no nonce is used twice under a key: not within a
 * file, since numbers only grow; not across files, since their keys differ unless two salts of 256 random bits are equal.
 * A file is never gone on with: after a restart or a failed write, another begins. The header and the number are
 * authenticated with each frame, so that none can be exchanged, moved or left out before another unnoticed.
 */
export function createFrameSealer(dayKey: Uint8Array, salt: Uint8Array) {
  if (salt.length !== saltBytes) throw new Error(`a salt has ${saltBytes} bytes`)
  const header = Buffer.concat([magic, salt])
  const key = fileKey(dayKey, salt)
  let next = 0n
  return {
    header,
    /** A frame as it stands in the file. */
    seal(content: Uint8Array): Buffer {
      const nonce = nonceOf(next++)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat([header, nonce]))
      const sealed = Buffer.concat([cipher.update(content), cipher.final()])
      const length = Buffer.alloc(lengthBytes)
      length.writeUInt32BE(sealed.length + tagBytes)
      return Buffer.concat([length, sealed, cipher.getAuthTag()])
    },
  }
}

/** `torn`: bytes after the last whole frame, as a crash leaves them. `altered`: a frame is not what was written. */
export type FrameEnd = 'whole' | 'torn' | 'altered'

/** Opens the frames of a file in order, as far as they are whole and as they were written. */
export function* openFrames(file: Buffer, dayKey: Uint8Array): Generator<Buffer, FrameEnd> {
  if (file.length < headerBytes) return 'torn'
  const header = file.subarray(0, headerBytes)
  if (!header.subarray(0, magic.length).equals(magic)) return 'altered'
  const key = fileKey(dayKey, header.subarray(magic.length))
  let at = headerBytes
  for (let n = 0n; at < file.length; n++) {
    if (at + lengthBytes > file.length) return 'torn'
    const length = file.readUInt32BE(at)
    const from = at + lengthBytes
    if (length < tagBytes || length > maximumFrame) return 'altered'
    if (from + length > file.length) return 'torn'
    const nonce = nonceOf(n)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      .setAAD(Buffer.concat([header, nonce]))
      .setAuthTag(file.subarray(from + length - tagBytes, from + length))
    let content: Buffer
    try {
      content = Buffer.concat([decipher.update(file.subarray(from, from + length - tagBytes)), decipher.final()])
    } catch {
      return 'altered'
    }
    yield content
    at = from + length
  }
  return 'whole'
}

function nonceOf(n: bigint): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64BE(n, 4)
  return nonce
}

const fileKey = (dayKey: Uint8Array, salt: Uint8Array): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', dayKey, salt, 'sallyport payloads 1', 32))
