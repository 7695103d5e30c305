import type { Profile } from './profile.ts'

const uid = /^[0-9a-f-]{36}$/

/**
 * Service account tokens of a cluster, by its keys alone (Kubernetes, "Schema for service account private claims"). Those of
 * before 1.21 have neither an end nor a pod. One that the API server made to last a year, for clients that do not read it
 * anew, says when it should have been replaced, and ends then.
 */
export const kubernetes: Profile = {
  name: 'kubernetes',
  types: ['', 'jwt'],
  required: ['iss', 'sub'],
  issuedAt: 'required',
  platform: {
    cluster: 'required',
    facts: [
      { name: 'namespace', claims: [['kubernetes.io', 'namespace']], as: 'text', required: true },
      { name: 'service_account', claims: [['kubernetes.io', 'serviceaccount', 'name']], as: 'text', required: true },
      {
        name: 'service_account_uid',
        claims: [['kubernetes.io', 'serviceaccount', 'uid']],
        as: 'text',
        required: true,
        id: uid,
      },
      { name: 'pod', claims: [['kubernetes.io', 'pod', 'name']], as: 'text' },
      { name: 'pod_uid', claims: [['kubernetes.io', 'pod', 'uid']], as: 'text', id: uid },
      { name: 'node', claims: [['kubernetes.io', 'node', 'name']], as: 'text' },
      { name: 'node_uid', claims: [['kubernetes.io', 'node', 'uid']], as: 'text', id: uid },
      { name: 'warn_after', claims: [['kubernetes.io', 'warnafter']], as: 'integer' },
    ],
    oneOf: ['pod_uid', 'node_uid'],
    pins: [],
    // tokens for the API server itself, which every pod has: its audience is the issuer unless the cluster says otherwise
    refused: [
      {
        claim: ['aud'],
        values: ['{iss}', 'https://kubernetes.default.svc', 'https://kubernetes.default.svc.cluster.local'],
      },
    ],
    sub: 'system:serviceaccount:{namespace}:{service_account}',
    attestedBy: ['pod_uid', 'node_uid'],
    single: false,
    endsAt: ['kubernetes.io', 'warnafter'],
  },
}
