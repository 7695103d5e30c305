import { clientMethods } from './client.ts'
import { profileNames } from './profile-names.ts'

/** Every kind of credential, as `methods` of a subject names it. */
export const methodNames = [
  'jwt-svid',
  'x509-svid',
  'wit-svid',
  'mtls',
  'opaque-token',
  'aws-iam',
  'aws-instance',
  'azure-attested',
  'kubernetes-review',
  ...profileNames,
  ...clientMethods,
] as const
