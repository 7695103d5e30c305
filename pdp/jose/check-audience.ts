import { clauses } from '../core/clause.ts'
import type { RefusalCode } from '../core/codes.ts'
import { isArray, type JsonObject, member } from '../core/json.ts'
import { type Refusal, refuse } from '../core/result.ts'

export const audienceClauses = clauses({
  form: 'rfc7519-4.1.3-aud-form',
  aud: 'rfc7519-4.1.3-aud',
  single: 'rfc7519-4.1.3-aud-single',
})

/**
 * - `single`: the token must be for one audience alone.
 * - `code`: the one code of every refusal, for proofs. Without it AUDIENCE_REFUSED, and CREDENTIAL_MALFORMED for what
 *   is no audience.
 */
export interface AudienceRules {
  readonly single?: boolean
  readonly code?: RefusalCode
}

const maximumAudiences = 64

/**
 * Checks that `aud` (RFC 7519 §4.1.3) names one of `audiences`: a string or a list of strings, compared code unit by
 * code unit. Without audiences nothing is meant for us.
 */
export function checkAudience(
  claims: JsonObject,
  audiences: readonly string[],
  rules: AudienceRules = {},
): Refusal | undefined {
  const aud = member(claims, 'aud')
  const refused = rules.code ?? 'AUDIENCE_REFUSED'
  if (aud === undefined) return refuse(refused, audienceClauses.aud, 'aud is required')
  const named = isArray(aud) ? aud : [aud]
  const wellFormed = named.every((name) => typeof name === 'string' && name !== '') && named.length <= maximumAudiences
  if (!wellFormed) {
    const malformed = rules.code ?? 'CREDENTIAL_MALFORMED'
    return refuse(malformed, audienceClauses.form, `aud must be a string or a list of up to ${maximumAudiences}`)
  }
  if (rules.single && named.length > 1) {
    return refuse(refused, audienceClauses.single, 'aud must name this service alone')
  }
  // includes compares a JSON value with strings: what is no string is never equal
  return named.some((name) => audiences.includes(name as string))
    ? undefined
    : refuse(refused, audienceClauses.aud, 'aud names another service: ask for a token for this one')
}
