import { timingSafeEqual } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import { type Refusal, refuse } from '../../core/result.ts'
import type { SignatureRules } from '../../core/service.ts'
import type { Expected } from '../../seams.ts'
import { hasBody, readDigests } from '../body-digests.ts'

export const contentDigestClauses = clauses({
  present: 'rfc9530-2-content-digest-present',
  form: 'rfc9530-2-content-digest-form',
  body: 'rfc9530-2-body-digest-known',
  same: 'rfc9530-2-content-digest',
})

/**
 * A request with a body must have `Content-Digest` (RFC 9530 §2). It is compared with the digest that the enforcement point
 * computed over the body it received, by all secure algorithms that both name, at least one; or by the enforcement point.
 */
export function checkContentDigest(expected: Expected, by: SignatureRules['contentDigest']): Refusal | undefined {
  if (!hasBody(expected)) return undefined
  const { request, headerValues = () => [] } = expected
  const values = headerValues('content-digest')
  if (values.length === 0) {
    return bad(contentDigestClauses.present, 'a signed request with a body must have content-digest')
  }
  if (by === 'enforcement-point') return undefined
  const said = readDigests(values.join(', '))
  if (!said) return bad(contentDigestClauses.form, 'content-digest must hold sha-256 or sha-512')
  if (request?.bodyDigest === undefined) {
    return bad(
      contentDigestClauses.body,
      'the enforcement point must send body_digest of the body it received, or be set to compare it itself',
    )
  }
  const received = readDigests(request.bodyDigest)
  const common = received ? [...said].filter(([name]) => received.has(name)) : []
  const same = common.every(([name, digest]) => {
    const own = received?.get(name)
    return own !== undefined && timingSafeEqual(own, digest)
  })
  return common.length > 0 && same
    ? undefined
    : bad(contentDigestClauses.same, 'content-digest is not that of the body, by an algorithm that both have')
}

type DigestClause = (typeof contentDigestClauses)[keyof typeof contentDigestClauses]

const bad = (clause: DigestClause, detail: string): Refusal => refuse('PROOF_INVALID', clause, detail)
