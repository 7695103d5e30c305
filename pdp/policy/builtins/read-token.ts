import { isObjectValue, type ObjectValue, type Value } from '../value.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { goText } from './go-utf8.ts'
import { readGoJson } from './read-go-json.ts'

/** The three parts of a compact JWS, still encoded. */
export interface TokenParts {
  readonly header: string
  readonly payload: string
  readonly signature: string
}

/** Splits a token; throws unless it has three parts. */
export function splitToken(token: Value | undefined): TokenParts {
  if (typeof token !== 'string') throw new Error('a token is a string')
  const [header, payload, signature, more] = token.split('.')
  if (header === undefined || payload === undefined || signature === undefined || more !== undefined) {
    throw new Error('a token has three parts')
  }
  return { header, payload, signature }
}

/** Base64url with or without padding, as OPA's `base64url.decode`; throws otherwise. */
export function decodePart(part: string): Buffer {
  const missing = part.endsWith('=') ? 0 : (4 - (Buffer.byteLength(part) % 4)) % 4
  const bytes = missing < 3 && decodeGoBase64(part + '='.repeat(missing), 'url', true)
  if (!bytes) throw new Error('not base64url')
  return bytes
}

/** A JSON object; throws if the bytes are not one. Of members with one name the last counts, as in OPA. */
export function readJsonObject(bytes: Buffer): ObjectValue {
  const value = readGoJson(goText(bytes))
  if (!isObjectValue(value)) throw new Error('not a JSON object')
  return value
}

/** The header; throws if it is none, or that of an encrypted token. */
export function readHeader(part: string): ObjectValue {
  const header = readJsonObject(decodePart(part))
  if (memberOf(header, 'enc') !== undefined) throw new Error('encrypted tokens are not supported')
  return header
}

export const memberOf = (object: ObjectValue, name: string): Value | undefined =>
  object.entries.find(([key]) => key === name)?.[1]
