import type { ProfileName } from '../../core/profile-names.ts'

/**
 * Data that adapts the one `issuer-jwt` verifier to a kind of token.
 *
 * - `types`: accepted values of `typ`, lower-case, `application/` removed; '' stands for an absent `typ`. No two
 *   profiles of one issuer share one: the type of a token picks its profile (RFC 8725 §3.11).
 * - `required`: claims that must be there as non-empty strings (times and audience are always checked).
 * - `issuedAt`: whether `iat` must be there.
 * - `platform`: what its tokens say about the workload, where a platform issues them.
 */
export interface Profile {
  readonly name: ProfileName
  readonly types: readonly string[]
  readonly required: readonly string[]
  readonly issuedAt: 'required' | 'optional'
  readonly platform?: Platform
}

/** Where a claim stands: its name, or the names that lead to it. A dot in a name is part of it. */
export type ClaimPath = readonly [string, ...string[]]

/**
 * What a platform says in its tokens, and what of it must hold.
 *
 * - `issuers`: of whom this profile may be asked for, and how such an issuer is written, for operators. A named group is the
 *   fact of that name, which must be the same in tokens.
 * - `owned`: issuers whose tokens no other profile may take callers from, since strangers get tokens of them too.
 * - `facts`: what its claims say about the caller. `oneOf`: one of these facts must be there.
 * - `pins`: of each list the operator must say for one fact which values are taken; others may be pinned as well.
 * - `refused`: values that no token may have, alone or in a list; `{iss}` is its issuer. `any`: the claim must be absent.
 * - `exactly`: values that a token must have. `same`: claims that must be equal where both are there.
 * - `subject`: the caller's name at its issuer, of facts in braces, where `sub` is made of names that others can take.
 * - `sub`: what `sub` must be, of facts in braces.
 * - `attestedBy`: facts of which one shows that the platform knows the workload, and not an account alone.
 * - `single`: whether a token is good once for each service.
 * - `endsAt`: a claim with a date from which the token is not to be used any more, if that is before `exp`.
 * - `cluster`: whether the operator must give the issuer a name, the fact `cluster`.
 */
export interface Platform {
  readonly issuers?: { readonly form: RegExp; readonly written: string }
  readonly owned?: RegExp
  readonly facts: readonly PlatformFact[]
  readonly oneOf?: readonly string[]
  readonly pins: readonly (readonly string[])[]
  readonly refused?: readonly { readonly claim: ClaimPath; readonly values: 'any' | readonly (string | boolean)[] }[]
  readonly exactly?: readonly { readonly claim: ClaimPath; readonly value: string | boolean }[]
  readonly same?: readonly (readonly [ClaimPath, ClaimPath])[]
  readonly subject?: string
  readonly sub?: string
  readonly attestedBy: readonly string[]
  readonly single: boolean
  readonly endsAt?: ClaimPath
  readonly cluster?: 'required'
}

/**
 * A fact and the claims that say it: where several are there they must agree.
 *
 * - `as`: how the claim is written. `boolean-text` is "true" or "false" in a string.
 * - `required`: it must be there. `id`: the form of its values, which are compared whole.
 */
export interface PlatformFact {
  readonly name: string
  readonly claims: readonly [ClaimPath, ...ClaimPath[]]
  readonly as: 'text' | 'integer' | 'boolean' | 'boolean-text'
  readonly required?: true
  readonly id?: RegExp
}
