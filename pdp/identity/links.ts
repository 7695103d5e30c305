import type { SubjectId } from '../core/caller.ts'
import { subjectIdOf } from './subject-id.ts'

/** A workload that an issuer knows by a name of its own, as configuration says. */
export interface Link {
  readonly spiffeId: string
  readonly issuer: string
  readonly sub: string
}

/** Whether two subjects are one workload by configuration: a SPIFFE ID, and what an issuer calls its owner. */
export type IsLinked = (a: SubjectId, b: SubjectId) => boolean

/** Makes the question whether two subjects are linked. Only a SPIFFE ID that an SVID proved is ever one side of a link. */
export function createIsLinked(links: readonly Link[]): IsLinked {
  const known = new Map(links.map(({ spiffeId, issuer, sub }) => [subjectIdOf(issuer, sub), { spiffeId, issuer }]))
  const names = (workload: SubjectId, other: SubjectId): boolean => {
    const link = other.spiffe ? undefined : known.get(other.id)
    return link !== undefined && link.issuer === other.issuer && link.spiffeId === workload.spiffe?.id
  }
  return (a, b) => names(a, b) || names(b, a)
}
