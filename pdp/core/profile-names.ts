/** Profiles of the `issuer-jwt` verifier, in the words of the configuration. The registry of profiles must match. */
export const profileNames = ['access-token', 'oidc'] as const

export type ProfileName = (typeof profileNames)[number]
