/** One step up from a kind of credential: kinds that prove more, and what to do. */
export interface StepUp {
  readonly next: readonly string[]
  readonly message: string
}

const signWithOwnKey: StepUp = {
  next: ['private-key-jwt', 'aws-sigv4'],
  message: 'prove it by a signature, so that nothing secret is sent: private-key-jwt, or aws-sigv4',
}
const bindToKey: StepUp = {
  next: ['dpop', 'mtls'],
  message: 'have tokens bound to a key of the caller: DPoP (RFC 9449), or a certificate (RFC 8705)',
}
const letPlatformVouch: StepUp = {
  next: ['x509-svid', 'jwt-svid'],
  message: 'let a platform vouch for the workload, without a secret that is kept: an SVID',
}
const steps: Readonly<Record<string, StepUp>> = {
  'api-key': signWithOwnKey,
  'client-secret': signWithOwnKey,
  'hmac-token': signWithOwnKey,
  'opaque-token': bindToKey,
  'aws-sigv4': letPlatformVouch,
  'key-pair-jwt': letPlatformVouch,
  'private-key-jwt': letPlatformVouch,
  'aws-iam': letPlatformVouch,
  'aws-instance': {
    next: ['aws-iam'],
    message: 'name who on the machine calls: the role of the instance, by a signed request to STS',
  },
  mtls: letPlatformVouch,
  kubernetes: {
    next: ['kubernetes-review', 'x509-svid'],
    message: 'ask the cluster about each token (`review`), or show possession of a key: an X.509-SVID',
  },
  'azure-attested': {
    next: ['azure'],
    message: 'name who on the machine calls: a token of a managed identity',
  },
  'jwt-svid': {
    next: ['x509-svid', 'wit-svid'],
    message: 'show possession of a key: an X.509-SVID, or a WIT with its proof',
  },
}

/** What to use instead of a kind of credential. Of tokens of issuers, whatever their profile: bind them. */
export const stepUp = (method: string): StepUp =>
  (Object.hasOwn(steps, method) ? steps[method] : undefined) ?? bindToKey
