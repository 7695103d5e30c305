import { accessToken } from './access-token.ts'
import { oidc } from './oidc.ts'
import type { Profile } from './profile.ts'

/** Every profile. Adding one: a file here, a line in this list, its name in `core/profile-names.ts`, vectors. */
export const profiles: readonly Profile[] = [accessToken, oidc]
