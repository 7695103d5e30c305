import { timingSafeEqual } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import { sha256Base64url } from '../../core/digest.ts'
import { isObject, type JsonObject, member, stringMember } from '../../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import { readJwt, type UnverifiedJwt } from '../../jose/read-jwt.ts'
import { verifyJws } from '../../jose/verify-jws.ts'
import type { Expected, Proof, Use, Verified } from '../../seams.ts'
import { confirmedAlgorithm } from '../confirmation.ts'
import { ownTarget } from './own-target.ts'

export const wptClauses = clauses({
  alg: 'wimse-wpt-alg-of-token',
  key: 'wimse-wpt-key-of-token',
  request: 'wimse-wpt-request-known',
  aud: 'wimse-wpt-aud',
  jti: 'wimse-wpt-jti',
  wth: 'wimse-wpt-wth',
  ath: 'wimse-wpt-ath',
  tth: 'wimse-wpt-tth',
  oth: 'wimse-wpt-oth',
})

/** `maxLifetime`: from when a proof was made until its `exp`; `skew`: by how much clocks may differ. */
export interface WptSettings {
  readonly maxLifetime: Seconds
  readonly skew: Seconds
}

/**
 * Checks workload proof tokens (draft-ietf-wimse-wpt, in the header `Workload-Proof-Token`; experimental): the proof of a
 * workload identity token, made for this request by the key in that token.
 */
export function createWptProof(settings: WptSettings): Proof {
  return {
    kind: 'wpt',
    async check({ text }, of, expected, { now }) {
      const jwt = readJwt(text, 'PROOF_INVALID')
      if (!jwt.ok) return jwt
      const thumbprint = checkKey(jwt.value, of)
      if (!thumbprint.ok) return thumbprint
      const target = checkAudience(jwt.value, expected)
      if (!target.ok) return target
      const times = checkTimes(jwt.value.claims, now, { ...settings, code: 'PROOF_INVALID' })
      if (!times.ok) return times
      const wrong = checkHashes(jwt.value.claims, expected)
      if (wrong) return wrong
      const jti = stringMember(jwt.value.claims, 'jti')
      if (!jti || jti.length > 256) return invalid(wptClauses.jti, 'jti must be 1 to 256 characters')
      const { expiresAt, issuedAt } = times.value
      const earliest = plus(expiresAt, seconds(0 - settings.maxLifetime - settings.skew)) // before, it was not acceptable
      const use: Use = {
        purpose: 'wpt',
        parts: [expected.service.name, thumbprint.value, jti],
        issuedAt: issuedAt ?? (Math.min(earliest, now) as Instant),
        until: plus(expiresAt, seconds(settings.skew + 1)), // past its last acceptable instant
      }
      return ok({
        method: 'wpt',
        possession: 'request',
        keyThumbprint: thumbprint.value,
        once: [use],
        revocable: [{ by: 'key-thumbprint', id: thumbprint.value }],
      })
    },
  }
}

type WptClause = (typeof wptClauses)[keyof typeof wptClauses]

const invalid = (clause: WptClause, detail: string): Refusal => refuse('PROOF_INVALID', clause, detail)

/** Type, algorithm and signature. The algorithm is the very text that the token has for its key. */
function checkKey(jwt: UnverifiedJwt, { confirmation, claims }: Verified): Result<string> {
  const mistyped = checkType(jwt.header, ['wpt+jwt'], { code: 'PROOF_INVALID' })
  if (mistyped) return mistyped
  const key = confirmation?.key
  if (!key) return invalid(wptClauses.key, 'the token that the proof is for holds no key')
  if (jwt.header.alg !== confirmedAlgorithm(claims)) {
    return invalid(wptClauses.alg, 'alg must be that of the key in the workload identity token')
  }
  const good = verifyJws(jwt, key, 'PROOF_INVALID')
  return good.ok ? ok(key.id) : good
}

/** `aud` is the target of the request, as a DPoP proof has it in `htu`. */
function checkAudience({ claims }: UnverifiedJwt, { service, request }: Expected): Result<string> {
  if (!request) return invalid(wptClauses.request, 'method and url of the request are needed to check a proof')
  const target = ownTarget(stringMember(claims, 'aud'), service, request)
  return target !== undefined
    ? ok(target)
    : invalid(wptClauses.aud, 'aud must be an origin of this service and the path of the request')
}

/** Everything that came with the proof and could speak for the caller must be hashed in it, and nothing else may be. */
function checkHashes(claims: JsonObject, { credential, headerValues = () => [] }: Expected): Refusal | undefined {
  const wit = credential?.form === 'jwt' ? credential.text : undefined
  if (wit === undefined || !isHashOf(member(claims, 'wth'), wit)) {
    return invalid(wptClauses.wth, 'wth must be the hash of the workload identity token')
  }
  if (!isHashOfOnly(member(claims, 'ath'), headerValues('authorization').map(withoutScheme))) {
    return invalid(wptClauses.ath, 'ath must be the hash of the access token, and absent without one')
  }
  if (!isHashOfOnly(member(claims, 'tth'), headerValues('txn-token'))) {
    return invalid(wptClauses.tth, 'tth must be the hash of the transaction token, and absent without one')
  }
  const others = member(claims, 'oth')
  if (others === undefined) return undefined
  const known =
    isObject(others) && Object.entries(others).every(([name, hash]) => isHashOfOne(hash, headerValues(name)))
  return known ? undefined : invalid(wptClauses.oth, 'oth must hold hashes of headers that the service covers')
}

const withoutScheme = (authorization: string): string => authorization.slice(authorization.indexOf(' ') + 1)

/** Of the one value; absent where there is none. */
const isHashOfOnly = (hash: unknown, values: readonly string[]): boolean =>
  values.length === 0 ? hash === undefined : isHashOfOne(hash, values)

const isHashOfOne = (hash: unknown, [value, second]: readonly string[]): boolean =>
  value !== undefined && second === undefined && isHashOf(hash, value.trim())

function isHashOf(hash: unknown, text: string): boolean {
  const [given, own] = [Buffer.from(typeof hash === 'string' ? hash : ''), Buffer.from(sha256Base64url(text))]
  return given.length === own.length && timingSafeEqual(given, own)
}
