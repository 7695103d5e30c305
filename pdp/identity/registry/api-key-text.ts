import { crc32 } from 'node:zlib'

/** An API key taken apart: `<prefix>_<environment>_<id>_<secret>_<checksum>`. */
export interface ApiKeyText {
  readonly prefix: string
  readonly environment: string
  readonly id: string
  readonly secret: string
}

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idDigits = 16
const secretDigits = 43 // 62^43 > 2^256
const checksumDigits = 6 // 62^6 > 2^32

/** Random bytes that an id, and a secret, are made of. */
export const apiKeyBytes = { id: 11, secret: 32 } as const

const form = /^([a-z][a-z0-9]{0,15})_([a-z0-9]{1,16})_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/

/** Reads an API key; undefined for what is none, or was mistyped. Nothing is looked up for that. */
export function readApiKey(text: string): ApiKeyText | undefined {
  const [, prefix, environment, id, secret, checksum] = form.exec(text) ?? []
  if (prefix === undefined || environment === undefined || id === undefined || secret === undefined) return undefined
  const key = { prefix, environment, id, secret }
  return checksumOf(key) === checksum ? key : undefined
}

/** The text of a key. Scanners of leaks know it by its prefix, and tell it from others by its checksum. */
export const writeApiKey = (key: ApiKeyText): string => `${bodyOf(key)}_${checksumOf(key)}`

/** Digits of base 62 for the id, and the secret, of a new key. */
export const newKeyId = (random: Uint8Array): string => base62(random, idDigits)
export const newKeySecret = (random: Uint8Array): string => base62(random, secretDigits)

const bodyOf = ({ prefix, environment, id, secret }: ApiKeyText): string => `${prefix}_${environment}_${id}_${secret}`

function checksumOf(key: ApiKeyText): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(bodyOf(key)))
  return base62(bytes, checksumDigits)
}

function base62(bytes: Uint8Array, length: number): string {
  let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let i = 0; i < length; i++) {
    text = `${digits[Number(rest % 62n)]}${text}`
    rest /= 62n
  }
  return text
}
