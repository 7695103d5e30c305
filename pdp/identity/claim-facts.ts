import type { Fact } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { isObject, type JsonObject, member } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const claimFactsClauses = clauses({ form: 'issuer-jwt-fact-claim-form' })

/** Claims that configuration names as facts about the caller: fact → claim. */
export type ClaimFacts = Readonly<Record<string, string>>

const maximumLength = 256

/**
 * Reads facts about the caller out of an issuer's token. In a token with `act` the caller is the outermost actor, and only
 * what stands there is about it (RFC 8693 §4.1): the claims beside `act` are about the party it acts for, and no actor
 * may borrow them. An absent claim is an absent fact; one that is no text is a refusal.
 */
export function readClaimFacts(claims: JsonObject, names: ClaimFacts): Result<readonly Fact[]> {
  const act = member(claims, 'act')
  const ofCaller = act === undefined ? claims : isObject(act) ? act : {}
  const facts: Fact[] = []
  for (const [name, claim] of Object.entries(names)) {
    const value = member(ofCaller, claim)
    if (value === undefined) continue
    if (typeof value !== 'string' || value === '' || value.length > maximumLength) {
      return refuse(
        'CREDENTIAL_REFUSED',
        claimFactsClauses.form,
        `claim \`${claim}\` must be a string of 1 to ${maximumLength} characters`,
      )
    }
    facts.push({ name, value, source: 'token' })
  }
  return ok(facts)
}
