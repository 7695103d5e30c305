import type { Clock, Instant } from '../core/time.ts'
import type { Revocation, RevocationKey, RevocationView } from '../seams.ts'
import { prefixesOf, type RevocationTarget, isKnownKind, revocationKey } from './revocation-key.ts'

/** One revocation of a target, as {@link Revoke} has it. */
export interface HeldRevocation {
  readonly notBefore?: Instant
  readonly until?: Instant
  readonly at: Instant
  readonly reason: string
}

/** What is revoked, for looking up. */
export interface MemoryView {
  find(keys: readonly RevocationKey[]): ReturnType<RevocationView['find']>
  /** What holds for this very target from now on, in place of what did. */
  put(target: RevocationTarget, held: readonly HeldRevocation[]): void
}

/** Looks up by target: what a look-up costs grows with the segments of a path, not with what is revoked. */
export function createMemoryView(clock: Clock): MemoryView {
  const targets = new Map<string, readonly HeldRevocation[]>()
  let prefixes = 0 // targets by prefix; while there is none, no path is taken apart

  const match = (target: RevocationTarget, now: Instant, issuedAt?: Instant): Revocation | undefined => {
    if (targets.size === 0 && isKnownKind(target)) return undefined // the usual case, without making keys
    const held = targets.get(revocationKey(target))
    const found = held?.find((each) => inForce(each, now) && covers(each, issuedAt))
    return found && { reason: found.reason, since: found.at }
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
    find(keys) {
      const now = clock()
      for (const key of keys) {
        const found = findOne(key, now)
        if (found) return found
      }
      return 'clear'
    },
    put(target, held) {
      const key = revocationKey(target)
      const before = targets.has(key)
      if (held.length > 0) targets.set(key, held)
      else targets.delete(key)
      if (target.by === 'subject-prefix') prefixes += Number(held.length > 0) - Number(before)
    },
  }
}

// Both are written so that a value that is no number revokes.
const inForce = ({ until }: HeldRevocation, now: Instant): boolean => until === undefined || !(until <= now)

const covers = ({ notBefore }: HeldRevocation, issuedAt: Instant | undefined): boolean =>
  notBefore === undefined || issuedAt === undefined || !(issuedAt >= notBefore)
