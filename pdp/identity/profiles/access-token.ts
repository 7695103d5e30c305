import type { Profile } from './profile.ts'

/** OAuth 2.0 access tokens as JWTs, RFC 9068 §2.1 and §2.2. */
export const accessToken: Profile = {
  name: 'access-token',
  types: ['at+jwt'],
  required: ['iss', 'sub', 'client_id', 'jti'],
  issuedAt: 'required',
}
