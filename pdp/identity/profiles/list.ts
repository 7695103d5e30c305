import { accessToken } from './access-token.ts'
import { azure } from './azure.ts'
import { buildkite } from './buildkite.ts'
import { circleci } from './circleci.ts'
import { gcp } from './gcp.ts'
import { githubActions } from './github-actions.ts'
import { gitlabCi } from './gitlab-ci.ts'
import { kubernetes } from './kubernetes.ts'
import { oidc } from './oidc.ts'
import type { Profile } from './profile.ts'

/** Every profile. Adding one: a file here, a line in this list, its name in `core/profile-names.ts`, vectors. */
export const profiles: readonly Profile[] = [
  accessToken,
  azure,
  buildkite,
  circleci,
  gcp,
  githubActions,
  gitlabCi,
  kubernetes,
  oidc,
]
