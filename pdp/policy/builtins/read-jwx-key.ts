import { isObjectValue, type ObjectValue, type Value } from '../value.ts'
import { checkX509Chain } from './check-x509-chain.ts'
import { decodeGoBase64 } from './go-base64.ts'
import { jwxAlgorithms, jwxCurves } from './jwx-names.ts'

/** The members of one JWK as OPA's JOSE library holds them: bytes decoded, nothing checked against each other. */
export interface JwxKey {
  readonly kty: 'RSA' | 'EC' | 'OKP' | 'oct'
  readonly isPrivate: boolean
  readonly alg: string
  readonly kid: string
  readonly crv: string | undefined
  readonly bytes: Readonly<Record<string, Buffer>>
}

const byteMembers: Readonly<Record<string, readonly string[]>> = {
  'RSA public': ['n', 'e'],
  'RSA private': ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'],
  'EC public': ['x', 'y'],
  'EC private': ['x', 'y', 'd'],
  'OKP public': ['x'],
  'OKP private': ['x', 'd'],
  'oct public': ['k'],
  'oct private': ['k'],
}

/** Reads a JWK as jwx v3 does: known members by type, others any; an unknown `alg` is refused. Throws. */
export function readJwxKey(value: Value): JwxKey {
  if (!isObjectValue(value)) throw new Error('a JWK is an object')
  const kty = text(folded(value, 'kty'))
  if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP' && kty !== 'oct') throw new Error('unknown kty')
  const isPrivate = folded(value, 'd') !== undefined
  const names = byteMembers[`${kty} ${isPrivate ? 'private' : 'public'}`] ?? []
  const { bytes, texts } = readMembers(value, names, kty === 'EC' || kty === 'OKP')
  const { kty: ownKty = kty, alg, kid = '', crv } = texts
  need(ownKty === kty && (alg === undefined || jwxAlgorithms.has(alg)) && (crv === undefined || jwxCurves.has(crv)))
  return { kty, isPrivate, alg: alg ?? '', kid, crv, bytes }
}

const textMembers = ['kty', 'alg', 'kid', 'use', 'x5t', 'x5t#S256', 'x5u']

/** `names`: the members that are base64. */
function readMembers(value: ObjectValue, names: readonly string[], hasCurve: boolean) {
  const bytes: Record<string, Buffer> = {}
  const texts: Record<string, string> = {}
  for (const [name, item] of value.entries) {
    if (typeof name !== 'string') continue
    if (names.includes(name)) bytes[name] = decodeGuessed(text(item))
    else if (textMembers.includes(name) || (hasCurve && name === 'crv')) texts[name] = text(item)
    else if (name === 'key_ops') need(item === null || (Array.isArray(item) && item.every(isText)))
    else if (name === 'x5c') checkX509Chain(item)
  }
  return { bytes, texts }
}

// encoding/json finds the fields of a struct without regard to case; the later member counts
function folded(object: ObjectValue, name: string): Value | undefined {
  return object.entries.findLast(([key]) => typeof key === 'string' && key.toLowerCase() === name)?.[1]
}

/** A Go string from JSON: null is the empty one. */
function text(value: Value | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw new Error('not a string')
  return value
}

const isText = (value: unknown): boolean => value === null || typeof value === 'string'

function need(holds: boolean): void {
  if (!holds) throw new Error('not a JWK')
}

/** Standard or URL alphabet, padded or not, by what occurs in the text. */
function decodeGuessed(encoded: string): Buffer {
  const alphabet = /[+/]/.test(encoded) ? 'standard' : 'url'
  const bytes = decodeGoBase64(encoded, alphabet, encoded.endsWith('='))
  if (!bytes) throw new Error('not base64')
  return bytes
}
