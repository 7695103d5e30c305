import { canonicalText } from '../core/canonical-bytes.ts'
import type { RevocationKey } from '../seams.ts'

/** A subject, or everything at and below a path of subjects: `prefix` has no slash at its end. */
export type SubjectTarget =
  | { readonly by: 'subject'; readonly issuer: string; readonly id: string }
  | { readonly by: 'subject-prefix'; readonly issuer: string; readonly prefix: string }

/** What an entry revokes. */
export type RevocationTarget = SubjectTarget | Exclude<RevocationKey, { readonly by: 'subject' }>

type Table = {
  readonly [By in RevocationTarget['by']]: (target: Extract<RevocationTarget, { by: By }>) => readonly string[]
}

const parts: Table = {
  subject: ({ issuer, id }) => [issuer, id],
  'subject-prefix': ({ issuer, prefix }) => [issuer, prefix],
  jti: ({ issuer, id }) => [issuer, id],
  'key-id': ({ issuer, id }) => [issuer, id],
  serial: ({ issuer, id }) => [issuer, id],
  'key-thumbprint': ({ id }) => [id],
  'trust-domain': ({ id }) => [id],
  fact: ({ name, id }) => [name, id],
}

/** One text per target: no two different targets share it. Throws a TypeError for a kind that there is not. */
export function revocationKey(target: RevocationTarget): string {
  // `by` chose the row, so the row takes this target; the compiler does not relate the two
  const partsOf = parts[target.by] as (target: RevocationTarget) => readonly string[]
  return canonicalText([target.by, partsOf(target)])
}

/** Whether there is such a kind of target; what {@link revocationKey} would throw for is none. */
export const isKnownKind = ({ by }: RevocationTarget): boolean => Object.hasOwn(parts, by)

/** The targets that a subject falls under by its path: what stands before each slash, and the whole. */
export function* prefixesOf(issuer: string, id: string): Generator<RevocationTarget> {
  for (let end = id.indexOf('/'); end >= 0; end = id.indexOf('/', end + 1)) {
    yield { by: 'subject-prefix', issuer, prefix: id.slice(0, end) }
  }
  yield { by: 'subject-prefix', issuer, prefix: id }
}
