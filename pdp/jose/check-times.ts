import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { type JsonObject, member } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { between, fromNumericDate, type Instant, plus, type Seconds, seconds } from '../core/time.ts'

export const timeClauses = clauses({
  form: 'rfc7519-2-numeric-date',
  exp: 'rfc7519-4.1.4-exp',
  nbf: 'rfc7519-4.1.5-nbf',
  iat: 'rfc7519-4.1.6-iat',
  lifetime: 'jwt-lifetime',
  age: 'jwt-age',
})

/**
 * How the times of a token are judged.
 *
 * - `skew`: by how much clocks may differ; 30 s unless told, 60 s at most, whatever is told.
 * - `maxLifetime`: from `iat` to `exp`; without `iat`, from now to `exp`.
 * - `requireIat`, `requireNbf`: the claim must be there. `exp` always must.
 * - `code`: the one code of every refusal, for proofs. Without it EXPIRED, NOT_YET_VALID, CREDENTIAL_MALFORMED for what
 *   is no date, and CREDENTIAL_REFUSED.
 */
export interface TimeRules {
  readonly skew?: Seconds
  readonly maxLifetime?: Seconds
  readonly requireIat?: boolean
  readonly requireNbf?: boolean
  readonly code?: RefusalCode
}

/** The times of a token. Each is a date between 1970 and 5138. */
export interface TokenTimes {
  readonly expiresAt: Instant
  readonly notBefore?: Instant
  readonly issuedAt?: Instant
}

const defaultSkew = seconds(30)
const maximumSkew = seconds(60)
const maximumDate = 1e11 // more is a date in milliseconds, valid for ever if taken for seconds

/** Checks `exp`, `nbf` and `iat` of a token (RFC 7519 §4.1.4 to §4.1.6) against `now`. */
export function checkTimes(claims: JsonObject, now: Instant, rules: TimeRules = {}): Result<TokenTimes> {
  const dates = readDates(claims, rules.code ?? 'CREDENTIAL_MALFORMED')
  if (!dates.ok) return dates
  const { exp, nbf, iat } = dates.value
  const refused = rules.code ?? 'CREDENTIAL_REFUSED'
  if (exp === undefined) return refuse(refused, timeClauses.exp, 'exp is required')
  if (nbf === undefined && rules.requireNbf) return refuse(refused, timeClauses.nbf, 'nbf is required')
  if (iat === undefined && rules.requireIat) return refuse(refused, timeClauses.iat, 'iat is required')
  const times: TokenTimes = {
    expiresAt: exp,
    ...(nbf !== undefined && { notBefore: nbf }),
    ...(iat !== undefined && { issuedAt: iat }),
  }
  return windowFault(times, now, rules) ?? lifetimeFault(times, now, rules) ?? ok(times)
}

function windowFault(times: TokenTimes, now: Instant, { skew, code }: TimeRules): Refusal | undefined {
  const { expiresAt, notBefore, issuedAt } = times
  if (now >= plus(expiresAt, bounded(skew))) return refuse(code ?? 'EXPIRED', timeClauses.exp, 'exp has passed')
  const early = code ?? 'NOT_YET_VALID'
  const latest = plus(now, bounded(skew))
  if (notBefore !== undefined && notBefore > latest) return refuse(early, timeClauses.nbf, 'nbf is in the future')
  if (issuedAt !== undefined && issuedAt > latest) return refuse(early, timeClauses.iat, 'iat is in the future')
  return undefined
}

function lifetimeFault(times: TokenTimes, now: Instant, { skew, maxLifetime, code }: TimeRules): Refusal | undefined {
  const { expiresAt, issuedAt } = times
  const refused = code ?? 'CREDENTIAL_REFUSED'
  if (issuedAt !== undefined && issuedAt >= expiresAt) {
    return refuse(refused, timeClauses.lifetime, 'exp is not after iat')
  }
  // without iat: it was issued by now, so what is left is the least its lifetime can be
  const lifetime = issuedAt === undefined ? between(now, expiresAt) - bounded(skew) : between(issuedAt, expiresAt)
  return maxLifetime !== undefined && lifetime > maxLifetime
    ? refuse(refused, timeClauses.lifetime, `issued for longer than ${maxLifetime} s`)
    : undefined
}

/**
 * Checks that a token was issued not longer ago than `maxAge` by its `iat`, which must be there: for proofs without
 * `exp` (RFC 9449 §4.3 check 11). Answers when.
 */
export function checkIssuedAt(
  claims: JsonObject,
  now: Instant,
  rules: { readonly maxAge: Seconds; readonly skew?: Seconds; readonly code?: RefusalCode },
): Result<Instant> {
  const { code, maxAge } = rules
  const skew = bounded(rules.skew)
  const iat = readDate(claims, 'iat', code ?? 'CREDENTIAL_MALFORMED')
  if (!iat.ok) return iat
  if (iat.value === undefined) return refuse(code ?? 'CREDENTIAL_REFUSED', timeClauses.iat, 'iat is required')
  if (iat.value > plus(now, skew)) return refuse(code ?? 'NOT_YET_VALID', timeClauses.iat, 'iat is in the future')
  if (between(iat.value, now) > maxAge + skew) {
    return refuse(code ?? 'EXPIRED', timeClauses.age, `issued more than ${maxAge} s ago`)
  }
  return ok(iat.value)
}

const bounded = (skew = defaultSkew): Seconds => (skew < maximumSkew ? skew : maximumSkew)

interface Dates {
  readonly exp: Instant | undefined
  readonly nbf: Instant | undefined
  readonly iat: Instant | undefined
}

function readDates(claims: JsonObject, code: RefusalCode): Result<Dates> {
  const exp = readDate(claims, 'exp', code)
  if (!exp.ok) return exp
  const nbf = readDate(claims, 'nbf', code)
  if (!nbf.ok) return nbf
  const iat = readDate(claims, 'iat', code)
  return iat.ok ? ok({ exp: exp.value, nbf: nbf.value, iat: iat.value }) : iat
}

function readDate(claims: JsonObject, name: string, code: RefusalCode): Result<Instant | undefined> {
  const date = member(claims, name)
  if (date === undefined) return ok(undefined)
  return typeof date === 'number' && date > 0 && date < maximumDate
    ? ok(fromNumericDate(date))
    : refuse(code, timeClauses.form, `${name} must be a number of seconds since 1970`)
}
