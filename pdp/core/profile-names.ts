/** Kinds of token that any issuer may have: the type of a token tells them apart. */
export const genericProfileNames = ['access-token', 'oidc'] as const

/** Profiles of the `issuer-jwt` verifier, in the words of the configuration. The registry of profiles must match. */
export const profileNames = [
  ...genericProfileNames,
  'azure',
  'buildkite',
  'circleci',
  'gcp',
  'github-actions',
  'gitlab-ci',
  'kubernetes',
] as const

export type ProfileName = (typeof profileNames)[number]
