import { type Clause, clauses } from '../core/clause.ts'
import { isArray, isObject, type JsonObject, type JsonValue, member, stringMember } from '../core/json.ts'
import { type JsonLimits, readJson } from '../core/read-json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import type { Fetch, FetchRequest } from '../net/fetch.ts'
import type { AskEndpoint } from './introspector.ts'
import { readTextFile } from './read-text-file.ts'

export const tokenReviewClauses = clauses({
  ownToken: 'token-review-own-token',
  answered: 'token-review-answered',
  encoding: 'token-review-utf8',
  shape: 'token-review-shape',
  pod: 'token-review-pod-shape',
})

const limits: JsonLimits = {
  length: 524_288, // a pod with its status
  depth: 32,
  membersPerObject: 1_000,
  members: 20_000,
  stringLength: 262_144,
}
const version = 'authentication.k8s.io/v1'
const maximumTokenLength = 16_384

/**
 * An API server that is asked about tokens of its cluster.
 *
 * - `server`: its origin. `tokenFile`: a service account's token, which may create token reviews; read anew each time, since
 *   clusters replace it.
 * - `audiences`: all that any service here has. Each service looks for its own in the answer.
 * - `checkPod`: the pod is looked up as well; the service account may get pods then.
 */
export interface TokenReviewServer {
  readonly server: string
  readonly tokenFile: string
  readonly audiences: readonly string[]
  readonly checkPod: boolean
  readonly fetch: Fetch
}

/**
 * Asks by TokenReview (Kubernetes API, `authentication.k8s.io/v1`). Answers `active`, `status` as it came, and of the pod, where
 * that is looked up, what tells it from another of its name; null where there is none. Errors: TRUST_UNAVAILABLE, also where the
 * server refuses us: that says nothing about the token.
 */
export function createAskTokenReview(settings: TokenReviewServer): AskEndpoint {
  const { server, tokenFile, audiences, checkPod, fetch } = settings
  const ask = async (path: string, own: string, request: Partial<FetchRequest>): Promise<Result<Answered>> => {
    const { send } = request
    const authorization = `Bearer ${own}`
    const fetched = await fetch(`${server}${path}`, {
      mediaTypes: ['application/json'],
      ...request,
      ...(send ? { send: { ...send, headers: { ...send.headers, authorization } } } : { headers: { authorization } }),
    })
    return fetched.ok
      ? readAnswer(fetched.value.body, fetched.value.status)
      : unavailable(tokenReviewClauses.answered, fetched.fault.detail)
  }
  return async function askTokenReview(token) {
    const own = await readOwnToken(tokenFile)
    if (!own.ok) return own
    const review = { apiVersion: version, kind: 'TokenReview', spec: { token, audiences } }
    const reviewed = await ask(`/apis/${version}/tokenreviews`, own.value, {
      statuses: [200, 201],
      send: {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(review)),
      },
    })
    if (!reviewed.ok) return reviewed
    const { document, length } = reviewed.value
    const status = member(document, 'status')
    if (member(document, 'kind') !== 'TokenReview' || member(document, 'apiVersion') !== version || !isObject(status)) {
      return unavailable(tokenReviewClauses.shape, `must answer with a TokenReview of ${version} that has a status`)
    }
    const active = member(status, 'authenticated') === true
    const place = checkPod && active ? podOf(status) : undefined
    if (place === undefined) return ok({ response: { active, status }, length })
    const found = await ask(place, own.value, { statuses: [200, 404] })
    if (!found.ok) return found
    const pod = found.value.status === 404 ? null : readPod(found.value.document)
    return pod === undefined
      ? unavailable(tokenReviewClauses.pod, 'must answer with a pod that has a uid')
      : ok({ response: { active, status, pod }, length })
  }
}

interface Answered {
  readonly status: number
  readonly document: JsonObject
  readonly length: number
}

const unavailable = (clause: Clause, detail: string): Refusal =>
  refuse('TRUST_UNAVAILABLE', clause, `token review: ${detail}`)

async function readOwnToken(path: string): Promise<Result<string>> {
  const text = await readTextFile(path, maximumTokenLength)
  if (!text.ok) return text
  const token = text.value.trim()
  return /^[A-Za-z0-9._~+/=-]+$/.test(token)
    ? ok(token)
    : unavailable(tokenReviewClauses.ownToken, 'the file of our own token must hold one token')
}

function readAnswer(body: Uint8Array, status: number): Result<Answered> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return unavailable(tokenReviewClauses.encoding, 'must answer with UTF-8 text')
  }
  const document = readJson(text, limits, 'TRUST_UNAVAILABLE')
  if (!document.ok) return document
  return isObject(document.value)
    ? ok({ status, document: document.value, length: text.length })
    : unavailable(tokenReviewClauses.shape, 'must answer with a JSON object')
}

// RFC 1123, which namespaces and pods are named by: nothing that would lead to another path
const dnsName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const userName = /^system:serviceaccount:([^:]+):[^:]+$/

/** Where the pod is that the answer names; undefined where it names none, which the verifier sees too. */
function podOf(status: JsonObject): string | undefined {
  const user = member(status, 'user')
  if (!isObject(user)) return undefined
  const namespace = userName.exec(stringMember(user, 'username') ?? '')?.[1] ?? ''
  const extra = member(user, 'extra')
  const names = isObject(extra) ? member(extra, 'authentication.kubernetes.io/pod-name') : undefined
  const name = isArray(names) && names.length === 1 ? names[0] : undefined
  return typeof name === 'string' && dnsName.test(name) && dnsName.test(namespace)
    ? `/api/v1/namespaces/${namespace}/pods/${name}`
    : undefined
}

/** What tells a pod from another of its name, and whether it is on its way out. */
function readPod(document: JsonObject): JsonObject | undefined {
  const [metadata, spec] = [member(document, 'metadata'), member(document, 'spec')]
  const uid = isObject(metadata) ? member(metadata, 'uid') : undefined
  if (member(document, 'kind') !== 'Pod' || typeof uid !== 'string' || !isObject(metadata)) return undefined
  const of = (name: string): JsonValue => (isObject(spec) ? (member(spec, name) ?? null) : null)
  return {
    uid,
    deleting: member(metadata, 'deletionTimestamp') !== undefined,
    node: of('nodeName'),
    service_account: of('serviceAccountName'),
  }
}
