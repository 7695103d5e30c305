import type { ProfileName } from '../../core/profile-names.ts'

/**
 * Data that adapts the one `issuer-jwt` verifier to a kind of token.
 *
 * - `types`: accepted values of `typ`, lower-case, `application/` removed; '' stands for an absent `typ`. No two
 *   profiles share one: the type of a token picks its profile (RFC 8725 §3.11).
 * - `required`: claims that must be there as non-empty strings (times and audience are always checked).
 * - `issuedAt`: whether `iat` must be there.
 */
export interface Profile {
  readonly name: ProfileName
  readonly types: readonly string[]
  readonly required: readonly string[]
  readonly issuedAt: 'required' | 'optional'
}
