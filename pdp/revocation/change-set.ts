import { type Clock, type Instant, plus, seconds } from '../core/time.ts'
import type { RevocationView } from '../seams.ts'
import type { Lift, RevocationChange, Revoke } from './change.ts'
import { createMemoryView } from './memory-view.ts'
import { type RevocationTarget, revocationKey } from './revocation-key.ts'

/**
 * The changes that are known. What is revoked follows from the set of them alone, whatever their order: each revocation
 * that no lift names. So the union of what two instances know is right, and a change that comes twice changes nothing.
 */
export interface ChangeSet {
  readonly find: RevocationView['find']
  readonly size: () => number
  /** Takes a change in; answers whether it is new. In force when the call returns. */
  add(change: RevocationChange): boolean
  has(id: string): boolean
  all(): readonly RevocationChange[]
  /** Revocations that no lift ended and time did not end, oldest first. */
  inForce(): readonly Revoke[]
  /** The ids of the revocations of this very target that are in force. */
  idsOf(target: RevocationTarget): readonly string[]
  /** Forgets what can have no effect any more; answers what it was. */
  prune(): readonly RevocationChange[]
}

// Long enough for clocks that differ, and for an instance that was away: one that comes back later with a revocation
// whose lift is forgotten revokes it again, which is the safe side.
const keepEnded = seconds(24 * 3_600)
const keepLifted = seconds(30 * 24 * 3_600)

export function createChangeSet(clock: Clock): ChangeSet {
  const view = createMemoryView(clock)
  const revokes = new Map<string, Revoke>()
  const lifts = new Map<string, Lift>()
  const liftedAt = new Map<string, Instant>() // by id of the revocation, which may come after its lift
  const byTarget = new Map<string, Map<string, Revoke>>()

  const left = (target: RevocationTarget): readonly Revoke[] =>
    [...(byTarget.get(revocationKey(target))?.values() ?? [])].filter(({ id }) => !liftedAt.has(id))

  function index(change: Revoke): void {
    const key = revocationKey(change.target)
    const ofTarget = byTarget.get(key) ?? new Map<string, Revoke>()
    byTarget.set(key, ofTarget.set(change.id, change))
  }

  function remove({ id, target }: Revoke): void {
    const key = revocationKey(target)
    revokes.delete(id)
    liftedAt.delete(id)
    const ofTarget = byTarget.get(key)
    ofTarget?.delete(id)
    if (ofTarget?.size === 0) byTarget.delete(key)
    view.put(target, left(target))
  }

  const hasEnded = ({ until }: Revoke, now: Instant): boolean => until !== undefined && until <= now
  const has = (id: string): boolean => revokes.has(id) || lifts.has(id)
  const all = () => [...revokes.values(), ...lifts.values()]

  return {
    find: view.find,
    size: () => revokes.size + lifts.size,
    has,
    all,
    add(change) {
      if (has(change.id)) return false
      if (change.act === 'revoke') {
        revokes.set(change.id, change)
        index(change)
      } else {
        lifts.set(change.id, change)
        for (const id of change.ends) {
          const before = liftedAt.get(id)
          liftedAt.set(id, before === undefined || before < change.at ? change.at : before)
        }
      }
      view.put(change.target, left(change.target))
      return true
    },
    inForce() {
      const now = clock()
      return [...revokes.values()].filter((each) => !liftedAt.has(each.id) && !hasEnded(each, now))
    },
    idsOf: (target) => left(target).map(({ id }) => id),
    prune() {
      const now = clock()
      const goneSince = (from: Instant | undefined, keep: typeof keepEnded) =>
        from !== undefined && plus(from, keep) <= now
      const forgotten: RevocationChange[] = [
        ...[...revokes.values()].filter(
          ({ id, until }) => goneSince(until, keepEnded) || goneSince(liftedAt.get(id), keepLifted),
        ),
        ...[...lifts.values()].filter(({ at }) => goneSince(at, keepLifted)),
      ]
      for (const change of forgotten) {
        if (change.act === 'revoke') remove(change)
      }
      for (const change of forgotten) {
        if (change.act === 'revoke') continue
        lifts.delete(change.id)
        for (const id of change.ends) if (!revokes.has(id)) liftedAt.delete(id)
      }
      return forgotten
    },
  }
}
