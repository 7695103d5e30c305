import type { Clock, Instant } from '../core/time.ts'
import type { Revocation, RevocationKey, RevocationView } from '../seams.ts'
import { prefixesOf, type RevocationTarget, isKnownKind, revocationKey, type SubjectTarget } from './revocation-key.ts'

/**
 * What is revoked, why, since when.
 *
 * - `notBefore`: only what was issued before is revoked; what does not say when it was issued is too.
 * - `until`: when the entry ends; without it, never.
 */
export type RevocationEntry = (
  | { readonly target: RevocationTarget; readonly notBefore?: never }
  | { readonly target: SubjectTarget; readonly notBefore: Instant }
) & { readonly reason: string; readonly since: Instant; readonly until?: Instant }

/** The other side of a {@link RevocationView}. Never given to the decision path. */
export interface RevocationWriter {
  /** In force when the call returns. Adds to what is revoked: an entry never weakens an earlier one. */
  revoke(entry: RevocationEntry): void
  /** Ends every entry of this very target; answers whether there was one. */
  lift(target: RevocationTarget): boolean
}

export interface MemoryRevocations {
  readonly view: RevocationView
  readonly writer: RevocationWriter
}

/** Revocations of one process, which is itself the authority: they are confirmed at any time. */
export function createMemoryRevocations(clock: Clock): MemoryRevocations {
  const held = new Map<string, RevocationEntry[]>()
  let prefixes = 0 // targets by prefix; while there is none, no path is taken apart
  let sweepAt = 1024

  const remove = (key: string, target: RevocationTarget): boolean => {
    if (!held.delete(key)) return false
    if (target.by === 'subject-prefix') prefixes--
    return true
  }

  function sweep(now: Instant) {
    for (const [key, entries] of held) {
      const left = entries.filter((entry) => inForce(entry, now))
      const [gone] = entries
      if (left.length > 0) held.set(key, left)
      else if (gone) remove(key, gone.target)
    }
    sweepAt = Math.max(1024, held.size * 2)
  }

  const match = (target: RevocationTarget, now: Instant, issuedAt?: Instant): Revocation | undefined => {
    if (held.size === 0 && isKnownKind(target)) return undefined // the usual case, without making keys
    const entry = held.get(revocationKey(target))?.find((entry) => inForce(entry, now) && covers(entry, issuedAt))
    return entry && { reason: entry.reason, since: entry.since }
  }

  function findOne(key: RevocationKey, now: Instant): Revocation | undefined {
    if (key.by !== 'subject') return match(key, now)
    const exact = match(key, now, key.issuedAt)
    if (exact || prefixes === 0) return exact
    for (const target of prefixesOf(key.issuer, key.id)) {
      const found = match(target, now, key.issuedAt)
      if (found) return found
    }
    return undefined
  }

  return {
    view: {
      confirmedAt: clock,
      find(keys) {
        const now = clock()
        for (const key of keys) {
          const found = findOne(key, now)
          if (found) return found
        }
        return 'clear'
      },
    },
    writer: {
      revoke(entry) {
        const { target } = entry
        if (target.by === 'subject-prefix' && (target.prefix === '' || target.prefix.endsWith('/'))) {
          throw new TypeError('subject prefix must not be empty or end with a slash: name whole path segments')
        }
        const key = revocationKey(target)
        const entries = held.get(key)
        if (!entries && target.by === 'subject-prefix') prefixes++
        held.set(key, [...(entries ?? []).filter((earlier) => !outdoes(entry, earlier)), entry])
        if (held.size >= sweepAt) sweep(clock())
      },
      lift: (target) => remove(revocationKey(target), target),
    },
  }
}

// Both are written so that a value that is no number revokes.
const inForce = ({ until }: RevocationEntry, now: Instant): boolean => until === undefined || !(until <= now)

const covers = ({ notBefore }: RevocationEntry, issuedAt: Instant | undefined): boolean =>
  notBefore === undefined || issuedAt === undefined || !(issuedAt >= notBefore)

/** Whether the one revokes all that the other does, for as long: then the other is not kept. */
const outdoes = (one: RevocationEntry, other: RevocationEntry): boolean =>
  (one.until ?? Infinity) >= (other.until ?? Infinity) && (one.notBefore ?? Infinity) >= (other.notBefore ?? Infinity)
