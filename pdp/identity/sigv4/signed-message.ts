import { clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SigV4 } from '../../core/signed-request.ts'
import { canonicalRequest, type PathForm } from './canonical-request.ts'
import { readSignedQuery } from './read-query.ts'

export const signedMessageClauses = clauses({
  covered: 'sigv4-required-headers-signed',
  present: 'sigv4-signed-header-present',
})

/** A request as a signature sees it. `headerNames`: of all that came with it, in lower case. */
export interface SignedMessage {
  readonly method: string
  readonly rawPath: string
  readonly rawQuery?: string
  readonly headerNames: readonly string[]
  readonly headerValues: (name: string) => readonly string[]
}

/**
 * Whether the signature is over all that must be: the host, the date, the media type of a body, and every `x-amz-` header
 * that is there, so that none was added behind it. What it is over must be there.
 */
export function checkCoverage({ signedHeaders, query }: SigV4, { headerNames }: SignedMessage): Refusal | undefined {
  const always = query ? ['host'] : ['host', 'x-amz-date']
  const missing = [
    ...always,
    ...headerNames.filter((name) => name === 'content-type' || name.startsWith('x-amz-')),
  ].find((name) => !signedHeaders.includes(name))
  if (missing !== undefined) {
    return refuse('SIGNATURE_INVALID', signedMessageClauses.covered, `header \`${missing}\` must be signed`)
  }
  const absent = signedHeaders.find((name) => !headerNames.includes(name))
  return absent === undefined
    ? undefined
    : refuse(
        'SIGNATURE_INVALID',
        signedMessageClauses.present,
        `signed header \`${absent}\` is not known here: it must come with the request, and stand in covered_headers`,
      )
}

/** The canonical request that the signature is over, if it is. */
export function canonicalOf(
  { signedHeaders, query }: SigV4,
  { method, rawPath, rawQuery, headerValues }: SignedMessage,
  { payloadHash, paths }: { readonly payloadHash: string; readonly paths: PathForm },
): Result<string> {
  const parameters = query ? ok(query.parameters) : readSignedQuery(rawQuery)
  if (!parameters.ok) return parameters
  const headers = signedHeaders.map((name) => [name, headerValues(name)] as const)
  return ok(canonicalRequest({ method, path: rawPath, query: parameters.value, headers, payloadHash, paths }))
}
