import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { type Ok, ok, type Result, refuse } from '../core/result.ts'
import { decodeBase64url } from './base64url.ts'
import { type JwsHeader, readJwsHeader } from './read-jws-header.ts'

export const compactJwsClauses = clauses({
  size: 'jws-size',
  json: 'rfc7515-7.2-json-serialization',
  segments: 'rfc7515-7.1-segments',
  base64url: 'rfc7515-2-base64url',
})

/** What a signature is checked over. Nothing in it is verified. */
export interface SignedText {
  readonly header: JwsHeader
  /** Header and payload as sent, with the dot (RFC 7515 §5.1 step 5): ASCII. */
  readonly signingInput: string
  readonly signature: Buffer
}

/** A parsed compact JWS. Nothing in it is verified. */
export interface CompactJws extends SignedText {
  readonly payload: Buffer
}

/** `embeddedKey`: the header may carry `jwk`, as a DPoP proof must (RFC 9449 §4.2). */
export interface JwsOptions {
  readonly embeddedKey?: boolean
}

/** Characters of one JWS at most. */
export const maximumJwsLength = 8192

/**
 * Reads a compact JWS (RFC 7515 §7.1) and verifies nothing: three segments of canonical base64url, and a header within
 * the rules of {@link readJwsHeader}. Only the payload may be empty. Refuses with the caller's `code`.
 */
export function readJws(text: string, code: RefusalCode, options: JwsOptions = {}): Result<CompactJws> {
  if (text.length > maximumJwsLength) {
    return refuse(code, compactJwsClauses.size, `longer than ${maximumJwsLength} characters`)
  }
  if (text.startsWith('{')) return refuse(code, compactJwsClauses.json, 'send the compact serialization, not JSON')
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (first <= 0 || second < 0 || second === text.length - 1 || text.includes('.', second + 1)) {
    return refuse(code, compactJwsClauses.segments, 'not three segments, header and signature not empty')
  }
  const payload = decodeBase64url(text.slice(first + 1, second))
  const signature = decodeBase64url(text.slice(second + 1))
  const header = readHeader(text.slice(0, first), code, options.embeddedKey === true)
  if (!header || !payload || !signature) {
    return refuse(code, compactJwsClauses.base64url, 'a segment is not unpadded canonical base64url')
  }
  if (!header.ok) return header
  return ok(Object.freeze({ header: header.value, payload, signingInput: text.slice(0, second), signature }))
}

// The tokens of one issuer, and the proofs of one client, have few headers among them: each is read once. What a header
// says comes of its text alone.
const readBefore = { plain: new Map<string, Ok<JwsHeader>>(), embeddedKey: new Map<string, Ok<JwsHeader>>() }
const rememberedHeaders = 64

function readHeader(segment: string, code: RefusalCode, embeddedKey: boolean): Result<JwsHeader> | undefined {
  const known = embeddedKey ? readBefore.embeddedKey : readBefore.plain
  const before = known.get(segment)
  if (before) return before
  const bytes = decodeBase64url(segment)
  const header = bytes && readJwsHeader(bytes, code, embeddedKey)
  if (!header?.ok) return header
  if (known.size >= rememberedHeaders) known.clear()
  known.set(Buffer.from(segment, 'latin1').toString('latin1'), header) // a copy: it is cut out of a request
  return header
}
