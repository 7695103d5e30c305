import { timingSafeEqual } from 'node:crypto'
import { clauses } from '../../core/clause.ts'
import { readDictionary } from '../../core/read-structured-field.ts'
import { type Refusal, refuse } from '../../core/result.ts'
import type { SignatureRules } from '../../core/service.ts'
import type { Expected } from '../../seams.ts'

export const contentDigestClauses = clauses({
  present: 'rfc9530-2-content-digest-present',
  form: 'rfc9530-2-content-digest-form',
  body: 'rfc9530-2-body-digest-known',
  same: 'rfc9530-2-content-digest',
})

/** Digests that are secure today (RFC 9530 §5), and their lengths in bytes. */
const lengths: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-512': 64 }

/** Whether the request has a body, by all that is known of it. */
const hasBody = ({ request, headerValues = () => [] }: Expected): boolean =>
  request?.bodyDigest !== undefined ||
  headerValues('content-digest').length > 0 ||
  headerValues('transfer-encoding').length > 0 ||
  headerValues('content-length').some((length) => length.trim() !== '0')

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

/** The digests by secure algorithms; undefined where there is none, or one of a wrong form. */
function readDigests(field: string): ReadonlyMap<string, Buffer> | undefined {
  const members = readDictionary(field)
  if (!members) return undefined
  const digests = new Map<string, Buffer>()
  for (const [name, member] of members) {
    const length = Object.hasOwn(lengths, name) ? lengths[name] : undefined
    if (length === undefined) continue // §5: others are not looked at
    if (!('bare' in member) || member.bare.kind !== 'bytes' || member.bare.value.length !== length) return undefined
    digests.set(name, member.bare.value)
  }
  return digests.size > 0 ? digests : undefined
}
