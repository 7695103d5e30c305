import { authorities, azureAttested, certificateForm, mtls, x509Svid } from './certificate-checks.ts'
import { apiKey, clientSecret, hmacToken } from './client-checks.ts'
import type { Check } from './check.ts'
import { awsIam, awsInstance, awsSigV4, keyPairJwt, privateKeyJwt, sigV4Form } from './signed-checks.ts'
import { end, issuer, place } from './common-checks.ts'
import { issuerJwt, jwtForm, jwtSvid, kubernetesReview, opaque, witSvid } from './token-checks.ts'

/** The steps of each verifier between the reading of what was presented and its bindings. */
export const checksOf: Readonly<Record<string, readonly Check[]>> = {
  'issuer-jwt': [place, jwtForm, issuer, ...issuerJwt, ...end],
  'kubernetes-review': [place, jwtForm, issuer, ...kubernetesReview, ...end],
  'jwt-svid': [place, jwtForm, issuer, ...jwtSvid, ...end],
  'wit-svid': [place, jwtForm, issuer, ...witSvid, ...end],
  'azure-attested': [place, issuer, ...azureAttested, ...end],
  'opaque-token': [place, issuer, ...opaque, ...end],
  'api-key': [place, issuer, ...apiKey, ...end],
  'client-secret': [place, issuer, ...clientSecret, ...end],
  'aws-sigv4': [place, sigV4Form, issuer, ...awsSigV4, ...end],
  'key-pair-jwt': [place, jwtForm, issuer, ...keyPairJwt, ...end],
  'private-key-jwt': [place, jwtForm, issuer, ...privateKeyJwt, ...end],
  'aws-iam': [place, issuer, ...awsIam, ...end],
  'aws-instance': [place, issuer, ...awsInstance, ...end],
  'hmac-token': [place, jwtForm, issuer, ...hmacToken, ...end],
  'x509-svid': [place, certificateForm, issuer, authorities, ...x509Svid, ...end],
  mtls: [place, certificateForm, issuer, authorities, ...mtls, ...end],
}

/** Where no verifier's own steps are known: before one was chosen. */
export const firstChecks: readonly Check[] = [place, jwtForm, sigV4Form, certificateForm, issuer]
