import { type Clause, clauses } from '../../core/clause.ts'
import type { Digest } from '../../core/digest.ts'
import { type Refusal, refuse } from '../../core/result.ts'
import { type Instant, toRfc3339 } from '../../core/time.ts'
import type { Statement } from './read-signed-files.ts'

export const statementClauses = clauses({
  expired: 'bundle-not-expired',
  audience: 'bundle-audience',
  older: 'bundle-sequence-not-older',
  content: 'bundle-sequence-one-content',
})

/** The newest bundle of a name that was ever active: its sequence, and what was signed under it. */
export interface Newest {
  readonly sequence: number
  readonly content: Digest
}

/**
 * What a statement is held to.
 *
 * - `now`: absent: a bundle that expires is refused, for nobody can say whether it has.
 * - `audience`: the name of this decision point among those that bundles are made for; absent: it has none.
 * - `newest`: absent: any sequence is taken, and none.
 */
export interface StatementRules {
  readonly now?: Instant
  readonly audience?: string
  readonly newest?: Newest
}

/**
 * Checks what a signature promises beside the files. A statement for an audience is not for those that have none, and
 * the other way round. A sequence never goes back, is never left out once there was one, and names one content: to
 * return to an older policy it is signed anew under a higher sequence. Answers the refusal (POLICY_ERROR) or undefined.
 */
export function checkStatement(
  { expires, audiences, sequence, content }: Statement,
  { now, audience, newest }: StatementRules,
): Refusal | undefined {
  if (expires !== undefined && (now === undefined || now >= expires))
    return bad(statementClauses.expired, `the signature of the bundle ended at ${toRfc3339(expires)}; sign it anew`)
  if (audience === undefined && audiences)
    return bad(
      statementClauses.audience,
      'the bundle is signed for an audience; name this one as `audience` if it is meant',
    )
  if (audience !== undefined && !audiences?.includes(audience))
    return bad(statementClauses.audience, 'the bundle is not signed for this audience')
  if (!newest) return undefined
  if (sequence === undefined || sequence < newest.sequence)
    return bad(
      statementClauses.older,
      `the bundle ${sequence === undefined ? 'has no sequence' : `has sequence ${sequence}`} and ${newest.sequence} was active; sign it under a higher one`,
    )
  if (sequence === newest.sequence && content !== newest.content)
    return bad(
      statementClauses.content,
      `another bundle was active under sequence ${sequence}; sign it under a higher one`,
    )
  return undefined
}

const bad = (clause: Clause, detail: string): Refusal => refuse('POLICY_ERROR', clause, detail)
