import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { QueryParameter, SigV4, SignedQuery } from '../../core/signed-request.ts'
import { type Instant, plus, type Seconds, seconds } from '../../core/time.ts'
import { readSignedQuery } from '../sigv4/read-query.ts'
import { readQueryForm, readSignedAt } from '../sigv4/read-signature.ts'
import { uriEncode } from '../sigv4/uri-encode.ts'

export const presignedClauses = clauses({
  length: 'aws-iam-token-length',
  encoding: 'aws-iam-token-base64url',
  url: 'aws-iam-url-form',
  endpoint: 'aws-iam-endpoint',
  parameters: 'aws-iam-parameters',
  action: 'aws-iam-action',
  service: 'aws-iam-scope-service',
  signedHeaders: 'aws-iam-signed-headers',
  expires: 'aws-iam-expires',
  early: 'aws-iam-date-not-ahead',
  age: 'aws-iam-date-age',
})

/** How tokens begin that `aws eks get-token` and aws-iam-authenticator make. */
export const presignedPrefix = 'k8s-aws-v1.'

/** The header by which such a token says whom it is for; who forwards the request sets it. */
export const audienceHeader = 'x-k8s-aws-id'

/** A pre-signed `sts:GetCallerIdentity`. `url` is rebuilt of what was read: nothing of the caller's own text is sent. */
export interface Presigned {
  readonly url: string
  readonly signature: SigV4
  readonly signedAt: Instant
  readonly until: Instant
}

const maximumLength = 4_096
/** STS takes a pre-signed request for so long, whatever that says of itself. */
const window = seconds(900)
const version = '2011-06-15'

/**
 * The rules of aws-iam-authenticator's verifier, after CVE-2020-16250 and CVE-2022-2385. Everything else is refused. `skew`: how far
 * ahead it may be signed.
 */
export function readPresigned(
  text: string,
  endpoints: readonly string[],
  now: Instant,
  skew: Seconds,
): Result<Presigned> {
  const url = decode(text)
  if (!url.ok) return url
  const parts = /^([a-z]+:\/\/[^/?#@\\\s%]+)\/\?([^#\s]+)$/.exec(url.value)
  const [, origin = '', rawQuery = ''] = parts ?? []
  if (!parts) return bad(presignedClauses.url, 'must be the URL of an endpoint with the path / and a query')
  if (!endpoints.includes(origin)) {
    return refuse('CREDENTIAL_REFUSED', presignedClauses.endpoint, 'is signed for an endpoint that is not configured')
  }
  const parameters = readParameters(rawQuery)
  if (!parameters.ok) return parameters
  const signature = readQueryForm(rawQuery)
  if (!signature.ok) return signature
  const { query } = signature.value
  if (!query) return bad(presignedClauses.url, 'must be signed in its query')
  const refused = checkSigned(signature.value, query)
  if (refused) return refused
  const signedAt = readSignedAt(query.date, signature.value)
  if (!signedAt.ok) return signedAt
  if (signedAt.value > plus(now, skew)) {
    return refuse('NOT_YET_VALID', presignedClauses.early, 'signature is from the future')
  }
  const until = plus(signedAt.value, window)
  if (now >= until) return refuse('EXPIRED', presignedClauses.age, `signed more than ${window} s ago`)
  const rebuilt = parameters.value.map(({ name, value }) => `${uriEncode(name)}=${uriEncode(value)}`).join('&')
  return ok({ url: `${origin}/?${rebuilt}`, signature: signature.value, signedAt: signedAt.value, until })
}

function decode(text: string): Result<string> {
  if (text.length > maximumLength)
    return bad(presignedClauses.length, `token is longer than ${maximumLength} characters`)
  const encoded = text.slice(presignedPrefix.length)
  const bytes = Buffer.from(encoded, 'base64url')
  return text.startsWith(presignedPrefix) && encoded !== '' && bytes.toString('base64url') === encoded
    ? ok(bytes.toString('latin1')) // what is not ASCII is no URL
    : bad(presignedClauses.encoding, 'token must be its prefix and unpadded base64url')
}

/** Every parameter that may stand there, as it is spelt; all but the session token must. */
const known = [
  'Action',
  'Version',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
] as const

/** Go and STS read names in their own ways: one spelling each, once, so that nothing can be read in two. */
function readParameters(rawQuery: string): Result<readonly QueryParameter[]> {
  const read = readSignedQuery(rawQuery)
  if (!read.ok) return read
  const names = read.value.map(({ name }) => name)
  const isKnown = names.every((name) => known.some((one) => one === name))
  const isOnce = new Set(names).size === names.length
  const isWhole = known.every((name) => name === 'X-Amz-Security-Token' || names.includes(name))
  if (!isKnown || !isOnce || !isWhole) {
    return bad(
      presignedClauses.parameters,
      'query must hold each parameter of a signed GetCallerIdentity once, and no other',
    )
  }
  const of = (name: string) => read.value.find((each) => each.name === name)?.value
  return of('Action') === 'GetCallerIdentity' && of('Version') === version
    ? read
    : refuse('CREDENTIAL_REFUSED', presignedClauses.action, `action must be GetCallerIdentity of version ${version}`)
}

function checkSigned({ algorithm, service, signedHeaders }: SigV4, { expires }: SignedQuery): Refusal | undefined {
  if (algorithm !== 'AWS4-HMAC-SHA256' || service !== 'sts') {
    return refuse('CREDENTIAL_REFUSED', presignedClauses.service, 'must be signed by AWS4-HMAC-SHA256 for sts')
  }
  if (signedHeaders.length !== 2 || signedHeaders[0] !== 'host' || signedHeaders[1] !== audienceHeader) {
    return refuse(
      'AUDIENCE_REFUSED',
      presignedClauses.signedHeaders,
      `signature must be over host and ${audienceHeader}, and no other header`,
    )
  }
  return expires <= window ? undefined : bad(presignedClauses.expires, `X-Amz-Expires must be ${window} s at most`)
}

const bad = (clause: (typeof presignedClauses)[keyof typeof presignedClauses], detail: string): Refusal =>
  refuse('CREDENTIAL_MALFORMED', clause, detail)
