import { createRecent } from '../../jose/recent.ts'
import { isObjectValue, type Value } from '../value.ts'
import { type Builtin, perDecision } from './builtin.ts'
import { keyOfJwk } from './jwk-key.ts'
import { tokenAlgorithms } from './jwx-names.ts'
import { readJwkSet } from './read-jwk-set.ts'
import { readGoJson } from './read-go-json.ts'
import { memberOf } from './read-token.ts'
import { signerOf } from './signing-key.ts'
import { writeGoJson } from './write-go-json.ts'

/** `io.jwt.encode_sign_raw`: signs a payload; headers, payload and JWK are JSON texts and go into the token as they are. */
export const jwtEncodeSignRaw: Builtin = perDecision(
  'io.jwt.encode_sign_raw',
  (_context, headers, payload, key) =>
    typeof headers === 'string' && typeof payload === 'string' && typeof key === 'string'
      ? encodeSign(headers, payload, key)
      : undefined,
  { unrecorded: true },
)

/** `io.jwt.encode_sign`: the same with values, written as Go's encoding/json writes them. */
export const jwtEncodeSign: Builtin = perDecision(
  'io.jwt.encode_sign',
  (_context, headers, payload, key) =>
    headers === undefined || payload === undefined || key === undefined
      ? undefined
      : encodeSign(writeGoJson(headers), writeGoJson(payload), writeGoJson(key)),
  { unrecorded: true },
)

const known = createRecent<ReturnType<typeof signerOf>>(1024 * 1024)

/** The first key of a set signs; throws where it cannot, or the header's `alg` is none, or a JWT's payload no JSON. */
function encodeSign(headers: string, payload: string, key: string): Value {
  const header = readGoJson(withEscapes(headers), 'first')
  const alg = isObjectValue(header) ? memberOf(header, 'alg') : undefined
  const type = isObjectValue(header) ? memberOf(header, 'typ') : undefined
  if (typeof alg !== 'string' || !tokenAlgorithms.has(alg)) throw new Error('unknown algorithm')
  if (typeof type !== 'string' || type === 'JWT') readGoJson(payload)
  const data = `${Buffer.from(headers).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  return `${data}.${signer(key, alg)(Buffer.from(data)).toString('base64url')}`
}

// The library's reader of headers keeps the first of two members, and takes control characters within texts.
const withEscapes = (json: string): string =>
  json.replaceAll(/"(?:[^"\\]|\\[^])*"/g, (text) =>
    text.replaceAll(/[\0-\x1f]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )

function signer(text: string, alg: string): ReturnType<typeof signerOf> {
  const id = `${alg} ${text}`
  const before = known.get(id)
  if (before) return before
  const [first] = readJwkSet(text)
  if (!first) throw new Error('a set without keys')
  const made = signerOf(keyOfJwk(first), alg)
  known.put(id, made, id.length)
  return made
}
