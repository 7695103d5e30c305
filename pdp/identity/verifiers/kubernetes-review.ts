import type { Fact } from '../../core/caller.ts'
import { clauses } from '../../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../../core/json.ts'
import { ok, type Refusal, refuse } from '../../core/result.ts'
import { earliest } from '../../core/time.ts'
import type { Introspector, Verified, Verifier } from '../../seams.ts'

export const kubernetesReviewClauses = clauses({
  form: 'kubernetes-review-token',
  authenticated: 'kubernetes-review-authenticated',
  error: 'kubernetes-review-error',
  audience: 'kubernetes-review-audience',
  user: 'kubernetes-review-user',
  credential: 'kubernetes-review-credential-id',
  bound: 'kubernetes-review-bound-object',
  pod: 'kubernetes-review-pod-there',
})

/**
 * One cluster that is asked about its tokens.
 *
 * - `offline`: verifies them by the cluster's keys, with the profile `kubernetes`; what it refuses is not asked about.
 * - `reviewer`: what the API server said of a token: `active`, `status`, and with `checkPod` what became of `pod`.
 */
export interface KubernetesReviewSettings {
  readonly offline: Verifier
  readonly reviewer: Introspector
  readonly checkPod: boolean
}

/**
 * Verifies a service account's token by the cluster's keys and then asks the API server, which knows what its keys do not say:
 * whether service account, pod and node are still there (TokenReview, Kubernetes API). Whatever the server says must be of this
 * very token: one that a cluster says something else of is refused.
 */
export const createKubernetesReviewVerifier = ({
  offline,
  reviewer,
  checkPod,
}: KubernetesReviewSettings): Verifier => ({
  method: 'kubernetes-review',
  selectors: offline.selectors,
  async verify(credential, expected, frame) {
    if (credential.form !== 'jwt') return notAToken
    const verified = await offline.verify(credential, expected, frame)
    if (verified.ok !== true) return verified
    const asked = await reviewer.introspect(credential.text, frame)
    if (asked.ok !== true) return asked
    const { response, asOf, until } = asked.value
    const facts = new Map(verified.value.facts.map(({ name, value }) => [name, value]))
    const refusal =
      checkStatus(response, expected.service.audiences) ??
      checkUser(response, verified.value, facts) ??
      (checkPod ? checkPodThere(response, facts) : undefined)
    if (refusal) return refusal
    return ok({
      ...verified.value,
      method: 'kubernetes-review',
      facts: verified.value.facts.map(asReviewed),
      knownUntil: earliest(until, verified.value.knownUntil ?? until),
      trustAsOf: earliest(asOf, verified.value.trustAsOf ?? asOf),
      // one that is bound to a pod is of no use elsewhere, and not for longer than the pod lives
      strength: facts.has('pod_uid') ? 2 : 1,
    })
  },
})

const notAToken = refuse('CREDENTIAL_MALFORMED', kubernetesReviewClauses.form, 'a service account shows a JWT')

const refused = (
  clause: (typeof kubernetesReviewClauses)[keyof typeof kubernetesReviewClauses],
  detail: string,
): Refusal => refuse('CREDENTIAL_REFUSED', clause, detail)

/** A server that knows nothing of audiences answers without them, and has looked for its own alone. */
function checkStatus(response: JsonObject, audiences: readonly string[]): Refusal | undefined {
  const status = statusOf(response)
  if (member(response, 'active') !== true || member(status, 'authenticated') !== true) {
    return refused(
      kubernetesReviewClauses.authenticated,
      'cluster does not know the token: it, its pod or its account is gone',
    )
  }
  const error = member(status, 'error')
  if (error !== undefined && error !== '') {
    return refused(kubernetesReviewClauses.error, 'cluster could not check the token')
  }
  const named = member(status, 'audiences')
  return isArray(named) && named.some((audience) => audiences.includes(audience as string)) // what is no text is never equal
    ? undefined
    : refuse(
        'AUDIENCE_REFUSED',
        kubernetesReviewClauses.audience,
        'cluster does not say that the token is for this service',
      )
}

/** What the extra attributes of a user must say, by the fact of the token that they repeat. */
const boundObjects = [
  ['pod', 'authentication.kubernetes.io/pod-name'],
  ['pod_uid', 'authentication.kubernetes.io/pod-uid'],
  ['node', 'authentication.kubernetes.io/node-name'],
  ['node_uid', 'authentication.kubernetes.io/node-uid'],
] as const
const credentialId = 'authentication.kubernetes.io/credential-id'

function checkUser(
  response: JsonObject,
  { claims }: Verified,
  facts: ReadonlyMap<string, string>,
): Refusal | undefined {
  const user = member(statusOf(response), 'user')
  if (
    !isObject(user) ||
    member(user, 'username') !== member(claims, 'sub') ||
    member(user, 'uid') !== facts.get('service_account_uid')
  ) {
    return refused(kubernetesReviewClauses.user, 'cluster says that the token is of another service account')
  }
  const extra = member(user, 'extra')
  const said = (name: string): JsonValue | undefined => (isObject(extra) ? member(extra, name) : undefined)
  const differs = (name: string, value: string | undefined): boolean => {
    const values = said(name)
    if (value === undefined) return false // of a node, which clusters add for the pod that is on it
    return !(isArray(values) && values.length === 1 && values[0] === value)
  }
  const jti = stringMember(claims, 'jti')
  const hasId = said(credentialId) !== undefined // servers before 1.30 say none
  if (hasId && differs(credentialId, jti === undefined ? '' : `JTI=${jti}`)) {
    return refused(kubernetesReviewClauses.credential, 'cluster says this of another token')
  }
  const podUnknown = facts.get('pod_uid') === undefined && said('authentication.kubernetes.io/pod-uid') !== undefined
  return podUnknown || boundObjects.some(([fact, name]) => differs(name, facts.get(fact)))
    ? refused(kubernetesReviewClauses.bound, 'cluster says that the token is bound to another pod or node')
    : undefined
}

/** The pod itself: a token is good for a minute after its pod was deleted, and the pod of a name may be another by now. */
function checkPodThere(response: JsonObject, facts: ReadonlyMap<string, string>): Refusal | undefined {
  const pod = member(response, 'pod')
  const node = facts.get('node')
  return isObject(pod) &&
    member(pod, 'uid') === facts.get('pod_uid') &&
    member(pod, 'deleting') === false &&
    member(pod, 'service_account') === facts.get('service_account') &&
    (node === undefined || member(pod, 'node') === node)
    ? undefined
    : refused(kubernetesReviewClauses.pod, 'pod is gone, or another than the token is bound to')
}

function statusOf(response: JsonObject): JsonObject {
  const status = member(response, 'status')
  return isObject(status) ? status : {}
}

const reviewed: ReadonlySet<string> = new Set([
  'service_account',
  'service_account_uid',
  'namespace',
  ...boundObjects.map(([fact]) => fact),
])

const asReviewed = (fact: Fact): Fact => (reviewed.has(fact.name) ? { ...fact, source: 'review' } : fact)
