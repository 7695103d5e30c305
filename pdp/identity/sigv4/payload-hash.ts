import { clauses } from '../../core/clause.ts'
import { sha256 } from '../../core/digest.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'
import type { SigV4 } from '../../core/signed-request.ts'
import type { Expected } from '../../seams.ts'
import { hasBody, readDigests } from '../body-digests.ts'

export const payloadHashClauses = clauses({
  form: 'sigv4-payload-hash-form',
  streaming: 'sigv4-payload-not-streamed',
  unsigned: 'sigv4-payload-signed',
  known: 'sigv4-payload-body-digest-known',
  same: 'sigv4-payload-hash',
  said: 'sigv4-payload-hash-said',
})

/**
 * Who compares the hash in a signature with the body: this process, with the digest that the enforcement point sends; or the
 * enforcement point itself. `unsigned`: as the first, and a signature that is over no body is taken too.
 */
export type PayloadRule = 'compare' | 'enforcement-point' | 'unsigned'

const unsignedPayload = 'UNSIGNED-PAYLOAD'
const header = 'x-amz-content-sha256'
const empty = sha256('')

/** The hash of the body that the signature is over: what the request says of it, or that of the body that came. */
export function payloadHash({ query }: SigV4, expected: Expected, rule: PayloadRule): Result<string> {
  const { headerValues = () => [] } = expected
  const inQuery = query?.parameters.filter(({ name }) => name.toLowerCase() === header) ?? []
  const values = [...headerValues(header), ...inQuery.map(({ value }) => value)]
  const [said, second] = values
  if (second !== undefined) return bad(payloadHashClauses.form, `\`${header}\` must be there once`)
  if (said?.startsWith('STREAMING-')) {
    return bad(payloadHashClauses.streaming, 'a body that is signed in chunks is not accepted')
  }
  if (said === unsignedPayload) {
    return rule === 'unsigned' ? ok(said) : bad(payloadHashClauses.unsigned, 'the signature must be over the body')
  }
  if (said !== undefined && !/^[0-9a-f]{64}$/.test(said)) {
    return bad(payloadHashClauses.form, `\`${header}\` must be 64 hexadecimal digits`)
  }
  if (rule === 'enforcement-point') {
    if (said !== undefined) return ok(said)
    if (hasBody(expected)) return bad(payloadHashClauses.said, `a signed request with a body must have \`${header}\``)
  }
  const received = receivedHash(expected)
  if (!received.ok) return received
  return said === undefined || said === received.value
    ? received
    : bad(payloadHashClauses.same, `\`${header}\` is not the hash of the body`)
}

function receivedHash(expected: Expected): Result<string> {
  const { bodyDigest } = expected.request ?? {}
  if (bodyDigest === undefined) {
    return hasBody(expected)
      ? bad(
          payloadHashClauses.known,
          'the enforcement point must send body_digest of the body it received, with sha-256, or be set to compare it itself',
        )
      : ok(empty)
  }
  const digest = readDigests(bodyDigest)?.get('sha-256')
  return digest
    ? ok(digest.toString('hex'))
    : bad(payloadHashClauses.known, 'body_digest must hold sha-256, which requests are signed with')
}

const bad = (clause: (typeof payloadHashClauses)[keyof typeof payloadHashClauses], detail: string): Refusal =>
  refuse('SIGNATURE_INVALID', clause, detail)
