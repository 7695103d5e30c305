import { timingSafeEqual } from 'node:crypto'
import type { RegisteredKey } from '../../core/client.ts'
import { clauses } from '../../core/clause.ts'
import { sha256 } from '../../core/digest.ts'
import { type JsonObject, member, stringMember } from '../../core/json.ts'
import type { Jwt } from '../../core/jwt.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import { plus, type Seconds, seconds } from '../../core/time.ts'
import { checkAudience } from '../../jose/check-audience.ts'
import { checkTimes } from '../../jose/check-times.ts'
import { checkType } from '../../jose/check-type.ts'
import type { Registry, Verifier } from '../../seams.ts'
import { checkRegistered } from '../registry/check-registered.ts'
import { lookUp } from '../registry/look-up.ts'
import { revocableSigner, signerOf } from '../registry/signer-of.ts'
import { verifiedClient } from '../registry/verified-client.ts'

export const keyPairJwtClauses = clauses({
  form: 'key-pair-jwt-form',
  algorithm: 'key-pair-jwt-rs256',
  claims: 'key-pair-jwt-claims',
  issuer: 'key-pair-jwt-issuer',
  subject: 'key-pair-jwt-subject',
  timeUnit: 'key-pair-jwt-time-unit',
})

/**
 * `issuer`: of the subjects of the registry. `maxLifetime`: of a token, whatever it says. `skew`: by how much clocks may differ; a
 * token is taken once, so no more than the memory of single uses knows of.
 */
export interface KeyPairJwtSettings {
  readonly issuer: string
  readonly registry: Registry
  readonly maxLifetime: Seconds
  readonly skew: Seconds
}

/**
 * Verifies tokens that a client signs itself, as Snowflake has them: `iss` is the client's name and the fingerprint of its
 * key. Each is taken once: they have no id and need no audience, so that whoever sees one could use it wherever the key is
 * known.
 */
export function createKeyPairJwtVerifier({ issuer, registry, maxLifetime, skew }: KeyPairJwtSettings): Verifier {
  return {
    method: 'key-pair-jwt',
    selectors: [{ form: 'jwt', by: 'fingerprint', value: 'SHA256' }],
    async verify(credential, expected, frame) {
      if (credential.form !== 'jwt') return notAToken
      const { claims, signingInput } = credential.jwt
      const named = readNamed(credential.jwt)
      if (!named.ok) return named
      const { name, fingerprint } = named.value
      const found = await lookUp(registry, { method: 'key-pair-jwt', name }, frame)
      if (!found.ok) return found
      const signer = signerOf(credential, withFingerprint(found.value, fingerprint))
      if (!signer.ok) return signer
      const dates = inSeconds(claims, signer.value)
      if (!dates.ok) return dates
      const times = checkTimes(dates.value, frame.now, { skew, maxLifetime, requireIat: true })
      if (!times.ok) return times
      const hasAudience = member(claims, 'aud') !== undefined
      const refused =
        (hasAudience ? checkAudience(claims, expected.service.audiences, { single: true }) : undefined) ??
        checkRegistered(signer.value, expected, frame)
      if (refused) return refused
      const { issuedAt = frame.now, expiresAt } = times.value
      const use = {
        purpose: 'key-pair-jwt',
        parts: [name, sha256(signingInput)], // it has no id: what is signed is the nearest to one
        issuedAt,
        until: plus(expiresAt, seconds(skew + 1)), // past its last acceptable instant
      }
      const verified = verifiedClient(signer.value, {
        issuer,
        strength: 2,
        trustAsOf: registry.asOf(),
        claims,
        issuedAt,
        expiresAt,
        once: [use],
        revocable: revocableSigner(signer.value),
      })
      return ok(hasAudience ? { ...verified, audienceBound: true } : verified)
    },
  }
}

const notAToken = refuse('CREDENTIAL_MALFORMED', keyPairJwtClauses.form, 'token must be a JWT')

/** What Snowflake's tokens hold, and the audience that they may have here. */
const mayHave: ReadonlySet<string> = new Set(['iss', 'sub', 'iat', 'exp', 'aud'])

/** `<ACCOUNT>.<USER>.SHA256:<fingerprint>`: the last such mark counts, and a SHA-256 in standard base64 follows it. */
const issuerForm = /^([A-Z0-9_-]{1,255}\.[A-Z0-9_.-]{1,255})\.SHA256:([A-Za-z0-9+/]{43}=)$/

interface Named {
  readonly name: string
  readonly fingerprint: Buffer
}

/** Who it says that it is, by whose key; both unverified. */
function readNamed({ header, algorithm, claims }: Jwt): Result<Named> {
  if (algorithm !== 'RS256') return refused(keyPairJwtClauses.algorithm, 'alg must be RS256')
  const mistyped = checkType(header, ['JWT'], { optional: true })
  if (mistyped) return mistyped
  const other = Object.keys(claims).find((claim) => !mayHave.has(claim))
  if (other !== undefined)
    return refused(keyPairJwtClauses.claims, 'claims must be iss, sub, iat, exp, and aud at most')
  const [, name, fingerprint] = issuerForm.exec(stringMember(claims, 'iss') ?? '') ?? []
  if (name === undefined || fingerprint === undefined) {
    return refused(keyPairJwtClauses.issuer, 'iss must be ACCOUNT.USER.SHA256:FINGERPRINT, in upper case')
  }
  const bytes = Buffer.from(fingerprint, 'base64')
  if (bytes.toString('base64') !== fingerprint) {
    return refused(keyPairJwtClauses.issuer, 'fingerprint in iss must be strict base64')
  }
  return stringMember(claims, 'sub') === name
    ? ok({ name, fingerprint: bytes })
    : refused(keyPairJwtClauses.subject, 'sub must be the name that iss begins with')
}

/** The keys of this fingerprint, of those that the client has: one at most, and none is looked at less than another. */
const withFingerprint = (found: readonly RegisteredKey[], fingerprint: Buffer): readonly RegisteredKey[] =>
  found.filter(
    ({ key: { material } }) => material.form === 'public' && timingSafeEqual(material.fingerprint, fingerprint),
  )

const firstInMilliseconds = 1e11 // taken for milliseconds a date before 1973, taken for seconds one after 5138

/**
 * The dates in seconds. In which unit they are is registered with the key, and never guessed: a date in milliseconds that is
 * taken for seconds never comes.
 */
function inSeconds({ iat, exp }: JsonObject, { key: { material } }: RegisteredKey): Result<JsonObject> {
  if (material.form !== 'public' || material.timeUnit === 's') return ok({ iat: iat ?? null, exp: exp ?? null })
  const inMilliseconds = (date: unknown): date is number => typeof date === 'number' && date >= firstInMilliseconds
  return inMilliseconds(iat) && inMilliseconds(exp)
    ? ok({ iat: iat / 1_000, exp: exp / 1_000 })
    : refused(keyPairJwtClauses.timeUnit, 'iat and exp must be in milliseconds, as registered for this key')
}

const refused = (clause: (typeof keyPairJwtClauses)[keyof typeof keyPairJwtClauses], detail: string): Refusal =>
  refuse('CREDENTIAL_REFUSED', clause, detail)
