import type { Profile } from './profile.ts'

/** Tokens of OpenID Connect issuers, people's and machines' alike (OpenID Connect Core §2). */
export const oidc: Profile = {
  name: 'oidc',
  types: ['', 'jwt'],
  required: ['iss', 'sub'],
  issuedAt: 'required',
}
