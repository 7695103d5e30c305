import { createHmac, timingSafeEqual } from 'node:crypto'
import { isArray, isObject, type JsonValue } from '../core/json.ts'

/** Commits to the value at a pointer (RFC 6901) of the record with this id; the value stays out of the line. */
export type CommitValue = (record: string, pointer: string, value: JsonValue) => string

/** Bytes of a nonce, and of a commitment. */
export const commitmentBytes = 32

/**
 * What a commitment is opened with: HMAC-SHA-256, under the key for commitments, of the record's id and the pointer, each
 * after its length in bytes as big-endian uint32. It opens this one and tells nothing of any other.
 */
export function nonceOf(key: Uint8Array, record: string, pointer: string): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of [record, pointer].map((text) => Buffer.from(text))) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    mac.update(length).update(part)
  }
  return mac.digest()
}

/** HMAC-SHA-256 under the nonce of the value in RFC 8785's form: without the nonce not even one of two values can be guessed. */
export const commitmentOf = (nonce: Uint8Array, value: JsonValue): string =>
  createHmac('sha256', nonce).update(canonicalValue(value)).digest('base64url')

/** Whether a commitment is one to this value. */
export function opensWith(commitment: string, nonce: Uint8Array, value: JsonValue): boolean {
  const [given, made] = [Buffer.from(commitment), Buffer.from(commitmentOf(nonce, value))]
  return nonce.length === commitmentBytes && given.length === made.length && timingSafeEqual(given, made)
}

/** Commits under a key. */
export const commitUnder =
  (key: Uint8Array): CommitValue =>
  (record, pointer, value) =>
    commitmentOf(nonceOf(key, record, pointer), value)

/** JSON as RFC 8785 has it: no space, members in the order of their names' UTF-16 units, numbers and texts as ECMAScript writes them. */
export function canonicalValue(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(canonicalValue).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalValue(inner)}`).join(',')}}`
}
