import type { Possession, Verified } from '../seams.ts'

// Verifiers and proofs are plug-ins, and their answers are not minted: one that answers success with nothing in it, or
// with something else, must not pass for an answer.

/** Whether a verifier's answer says who, for how long, and everything that later steps consult. */
export function isSoundVerified(value: Verified | undefined): value is Verified {
  return (
    value !== undefined &&
    isText(value.method) &&
    isText(value.subject?.issuer) &&
    isText(value.subject.id) &&
    Number.isFinite(value.issuedAt) &&
    Number.isFinite(value.expiresAt) &&
    [value.attestedAt, value.knownUntil].every((at) => at === undefined || Number.isFinite(at)) &&
    (value.role === undefined || value.role === 'delegation') &&
    isLevel(value.strength, 2) &&
    isLevel(value.ceiling, 4) &&
    [value.facts, value.delegation, value.once, value.revocable].every(Array.isArray) &&
    typeof value.audienceBound === 'boolean' &&
    typeof value.attested === 'boolean'
  )
}

/** Whether a proof's answer shows possession of the very key that the credential is bound to. */
export function isSoundPossession(value: Possession | undefined, boundTo: string | undefined): value is Possession {
  return (
    value !== undefined &&
    isText(value.method) &&
    isText(boundTo) &&
    value.keyThumbprint === boundTo &&
    ['request', 'channel', 'hardware'].includes(value.possession) &&
    [value.once, value.revocable].every(Array.isArray)
  )
}

const isLevel = (level: number | undefined, most: number): boolean =>
  level === undefined || (Number.isInteger(level) && level >= 0 && level <= most)

const isText = (value: string | undefined): boolean => typeof value === 'string' && value !== ''
