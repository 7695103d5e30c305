import { awsAccountClauses } from '../../identity/aws/accounts.ts'
import { presignedClauses } from '../../identity/aws/read-presigned.ts'
import { principalClauses } from '../../identity/aws/read-principal.ts'
import { instanceDocumentClauses } from '../../identity/aws/read-instance.ts'
import { lookUpClauses } from '../../identity/registry/look-up.ts'
import { signerClauses } from '../../identity/registry/signer-of.ts'
import { payloadHashClauses } from '../../identity/sigv4/payload-hash.ts'
import { sigv4QueryClauses } from '../../identity/sigv4/read-query.ts'
import { sigv4Clauses } from '../../identity/sigv4/read-signature.ts'
import { signedMessageClauses } from '../../identity/sigv4/signed-message.ts'
import { awsIamClauses } from '../../identity/verifiers/aws-iam.ts'
import { awsInstanceClauses } from '../../identity/verifiers/aws-instance.ts'
import { awsSigV4Clauses } from '../../identity/verifiers/aws-sigv4.ts'
import { keyPairJwtClauses } from '../../identity/verifiers/key-pair-jwt.ts'
import { privateKeyJwtClauses } from '../../identity/verifiers/private-key-jwt.ts'
import { typeClauses } from '../../jose/check-type.ts'
import { callerIdentityClauses } from '../../trust/caller-identity.ts'
import { introspectorClauses } from '../../trust/introspector.ts'
import { readSignedDataClauses } from '../../x509/read-signed-data.ts'
import { all, type Check } from './check.ts'
import { registration } from './client-checks.ts'
import { show, showClaim } from './seen.ts'
import { audience, times } from './token-checks.ts'

// Steps of verifiers of what a client signed itself, and of what AWS vouches for.

const form = all(sigv4Clauses, sigv4QueryClauses)

export const awsSigV4: readonly Check[] = [
  {
    name: 'request',
    clauses: [awsSigV4Clauses.form, awsSigV4Clauses.request],
    expected: () => 'method and URL of the request that is signed (--request)',
  },
  {
    name: 'scope',
    clauses: [awsSigV4Clauses.service, awsSigV4Clauses.region, awsSigV4Clauses.regionSet],
    expected: ({ config, service }) =>
      `region ${show(config.registry?.methods['aws-sigv4']?.region)}, service ${show(service.name)}`,
    got: ({ credential }) =>
      credential?.form === 'signed-request'
        ? `region ${show(credential.signature.region)}, service ${show(credential.signature.service)}`
        : 'none',
  },
  {
    name: 'times',
    clauses: [awsSigV4Clauses.date, awsSigV4Clauses.early, awsSigV4Clauses.age, sigv4Clauses.date, sigv4Clauses.day],
    expected: () => 'one x-amz-date, of the day of its scope, at most five minutes ago',
  },
  { name: 'session token', clauses: [awsSigV4Clauses.sessionToken], expected: () => 'none' },
  {
    name: 'what is signed',
    clauses: all(lookUpClauses, signedMessageClauses, sigv4QueryClauses),
    expected: () => 'host, x-amz-date, content-type and every x-amz- header, all known here',
    got: ({ credential }) =>
      credential?.form === 'signed-request' ? credential.signature.signedHeaders.join(', ') : 'none',
  },
  { name: 'body', clauses: all(payloadHashClauses), expected: () => 'the hash of the body that came' },
  {
    name: 'signature',
    clauses: [awsSigV4Clauses.origin, awsSigV4Clauses.signature],
    expected: () => 'by the registered secret, at an origin of the service',
  },
  registration,
]

/** A signature is taken apart before its verifier is chosen. */
export const sigV4Form: Check = {
  name: 'form',
  clauses: form,
  expected: () => 'Credential, SignedHeaders and Signature of AWS Signature Version 4, in a header or in the query',
}

const signature: Check = {
  name: 'signature',
  clauses: all(lookUpClauses, signerClauses),
  expected: () => 'by a key that is registered for this client',
}

export const keyPairJwt: readonly Check[] = [
  {
    name: 'claims',
    clauses: [
      keyPairJwtClauses.form,
      keyPairJwtClauses.algorithm,
      keyPairJwtClauses.claims,
      keyPairJwtClauses.issuer,
      keyPairJwtClauses.subject,
      ...all(typeClauses),
    ],
    expected: () => 'RS256; iss ACCOUNT.USER.SHA256:FINGERPRINT, sub ACCOUNT.USER, iat, exp, and aud at most',
    got: (seen) => ['iss', 'sub', 'aud'].map((name) => `${name} ${showClaim(seen, name)}`).join(', '),
  },
  signature,
  { ...times, clauses: [keyPairJwtClauses.timeUnit, ...times.clauses] },
  { ...audience, expected: (seen) => `${audience.expected?.(seen) ?? ''}, or absent` },
  registration,
]

export const privateKeyJwt: readonly Check[] = [
  {
    name: 'client',
    clauses: [...Object.values(privateKeyJwtClauses), ...all(typeClauses)],
    expected: () => 'typ client-authentication+jwt; iss and sub the client, a jti',
    got: (seen) => ['iss', 'sub', 'jti'].map((name) => `${name} ${showClaim(seen, name)}`).join(', '),
  },
  signature,
  times,
  { ...audience, expected: ({ config }) => `${show(config.registry?.issuer)}, alone` },
  registration,
]

const account: Check = {
  name: 'account',
  clauses: all(awsAccountClauses),
  expected: ({ config }) => Object.keys(config.aws?.accounts ?? {}).join(', '),
}

export const awsIam: readonly Check[] = [
  {
    name: 'request',
    clauses: [...Object.values(awsIamClauses), ...all(presignedClauses), ...form],
    expected: ({ config }) =>
      `a pre-signed GetCallerIdentity for ${config.aws?.iam?.endpoints.join(' or ') ?? 'nobody'}`,
  },
  {
    name: 'STS',
    clauses: [principalClauses.active, ...all(callerIdentityClauses, introspectorClauses)],
    expected: () => 'an answer in JSON that takes the signature',
    got: ({ claims }) => (claims ? `active ${show(claims['active'])}` : 'none'),
  },
  {
    name: 'principal',
    clauses: [principalClauses.shape, principalClauses.kind],
    expected: () => 'a role or a user',
  },
  account,
]

export const awsInstance: readonly Check[] = [
  {
    name: 'document',
    clauses: [
      awsInstanceClauses.form,
      awsInstanceClauses.encoding,
      ...all(readSignedDataClauses, instanceDocumentClauses),
    ],
    expected: () => 'PKCS #7 of one signer with RSA and SHA-256, that carries the document',
  },
  {
    name: 'region',
    clauses: [awsInstanceClauses.region],
    expected: ({ config }) => config.aws?.instances?.regions.join(', ') ?? 'none',
  },
  {
    name: 'signature',
    clauses: [awsInstanceClauses.signature],
    expected: () => 'by the key that is pinned for the region',
  },
  {
    name: 'times',
    clauses: [awsInstanceClauses.early, awsInstanceClauses.age],
    expected: ({ config }) => `started at most ${config.aws?.instances?.max_age_s ?? 0} s ago`,
  },
  account,
]
