import { compareValues } from '../compare-values.ts'
import {
  isArrayValue,
  isNumberValue,
  isObjectValue,
  numberOf,
  objectOf,
  type ObjectValue,
  type Value,
} from '../value.ts'
import { type Builtin, perDecision } from './builtin.ts'
import { goText } from './go-utf8.ts'
import { isJwsSignature } from './is-jws-signature.ts'
import { decodePart, memberOf, readHeader, readJsonObject, splitToken } from './read-token.ts'
import { readTokenHeader } from './token-header.ts'
import { readTokenConstraints, type TokenConstraints } from './token-constraints.ts'
import type { VerificationKey } from './verification-keys.ts'

const unverified: Value = [false, objectOf(), objectOf()]

/**
 * `io.jwt.decode_verify`: `[true, header, payload]` of a token that meets the constraints (`cert` or `secret`, `alg`,
 * `iss`, `aud`, `time` in nanoseconds, else that of the decision), `[false, {}, {}]` of one that does not; undefined
 * where token or constraints cannot be read. A token within a token (`cty`) is checked like its wrapping.
 */
export const jwtDecodeVerify: Builtin = perDecision(
  'io.jwt.decode_verify',
  ({ now }, token, constraints) =>
    isObjectValue(constraints) ? verify(token, readTokenConstraints(constraints, now)) : undefined,
  { unrecorded: true },
)

function verify(token: Value | undefined, constraints: TokenConstraints): Value {
  for (let inner = token; ; ) {
    const parts = splitToken(inner)
    const fullHeader = readHeader(parts.header)
    const header = readTokenHeader(fullHeader)
    if (!header.isValid || (constraints.alg !== '' && constraints.alg !== header.alg)) return unverified
    const signature = decodePart(parts.signature)
    const data = Buffer.from(`${parts.header}.${parts.payload}`)
    if (!isSigned(constraints, header, data, signature)) return unverified
    const payload = decodePart(parts.payload)
    if (header.cty.toLowerCase() === 'jwt') {
      inner = goText(payload)
      continue
    }
    const claims = readJsonObject(payload)
    return meets(claims, constraints) ? [true, fullHeader, claims] : unverified
  }
}

function isSigned(
  { keys, secret }: TokenConstraints,
  { kid, alg }: { readonly kid: string; readonly alg: string },
  data: Buffer,
  signature: Buffer,
): boolean {
  if (!keys) return isJwsSignature(alg, { kind: 'secret', secret: Buffer.from(secret) }, data, signature)
  const isGood = ({ key }: VerificationKey) => isJwsSignature(alg, key, data, signature)
  const named = kid === '' ? undefined : keys.find((key) => key.kid === kid)
  return named ? isGood(named) : keys.some((key) => (key.alg === '' || key.alg === alg) && isGood(key))
}

/** The registered claims (RFC 7519 §4.1): an `aud` in the token needs one in the constraints. */
function meets(claims: ObjectValue, { iss, aud, time }: TokenConstraints): boolean {
  const issuer = memberOf(claims, 'iss')
  if (iss !== '' && issuer !== undefined && typeof issuer !== 'string') throw new Error('`iss` is no string')
  if (iss !== '' && issuer !== iss) return false
  const audience = memberOf(claims, 'aud')
  if (audience === undefined ? aud !== '' : !(isArrayValue(audience) ? audience.includes(aud) : audience === aud)) {
    return false
  }
  const seconds = numberOf(String(time / 1e9))
  const expiry = memberOf(claims, 'exp')
  const start = memberOf(claims, 'nbf')
  if (expiry !== undefined && compareValues(seconds, dateOf(expiry)) >= 0) return false
  return start === undefined || compareValues(seconds, dateOf(start)) >= 0
}

function dateOf(claim: Value): Value {
  if (!isNumberValue(claim)) throw new Error('a date that is no number')
  return claim
}
