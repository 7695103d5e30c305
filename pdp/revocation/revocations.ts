import { clauses } from '../core/clause.ts'
import type { JsonValue } from '../core/json.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { RevocationChange, Revoke } from './change.ts'
import type { FleetFollower } from './follow-fleet.ts'
import { type Author, readLift, readRevoke } from './read-request.ts'
import type { RevocationStore } from './store.ts'

export const revocationsClauses = clauses({
  maximum: 'revocations-maximum',
  none: 'revocation-to-lift',
  recorded: 'revocation-lift-recorded',
})

/**
 * What became of a change. It is acknowledged when it is `stored` on this disk and `reach` is `fleet`: then every
 * instance has it within the stated bound, and no crash takes it back.
 *
 * - `reach`: `fleet` also where there is none; `instance`: in force here, and shared as soon as Redis answers.
 * - `recorded`: the audit log has it.
 */
export interface Outcome {
  readonly change: RevocationChange
  readonly reach: 'fleet' | 'instance'
  readonly stored: boolean
  readonly recorded: boolean
}

/** What operators do. */
export interface Revocations {
  revoke(body: JsonValue | undefined, by: string): Promise<Result<Outcome>>
  lift(body: JsonValue | undefined, by: string): Promise<Result<Outcome>>
  /** Revocations in force with ids after `after`, at most `maximum`. */
  list(after: string, maximum: number): readonly Revoke[]
}

export interface RevocationsParts {
  readonly store: RevocationStore
  readonly follower?: FleetFollower | undefined
  readonly author: (by: string) => Author
  /** Writes a change into the log. */
  readonly record: (change: RevocationChange) => Promise<unknown>
}

const maximumChanges = 100_000

/** Makes the acts of operators over a store. */
export function createRevocations({ store, follower, author, record }: RevocationsParts): Revocations {
  const succeeds = (act: Promise<unknown> | undefined): Promise<boolean> =>
    Promise.resolve(act).then(
      () => true,
      () => false,
    )

  /** In force at once; an outage of disk, log or Redis is told, and keeps nothing from being revoked. */
  async function apply(change: RevocationChange): Promise<Pick<Outcome, 'stored' | 'reach'>> {
    const stored = await succeeds(store.add([change], store.epoch()))
    return { stored, reach: (await succeeds(follower?.share(change))) ? 'fleet' : 'instance' }
  }

  return {
    async revoke(body, by) {
      const change = readRevoke(body, author(by))
      if (!change.ok) return change
      if (store.size() >= maximumChanges) {
        return refuse(
          'SHED',
          revocationsClauses.maximum,
          `${maximumChanges} changes are held: give revocations an end, or lift some`,
        )
      }
      const applied = await apply(change.value)
      return ok({ change: change.value, ...applied, recorded: await succeeds(record(change.value)) })
    },
    async lift(body, by) {
      const change = readLift(body, author(by), store.idsOf)
      if (!change.ok) return change
      if (change.value.ends.length === 0) {
        return refuse('NOT_FOUND', revocationsClauses.none, 'nothing is revoked by this very target')
      }
      // what lets somebody in again is recorded first
      if (!(await succeeds(record(change.value)))) {
        return refuse('SHED', revocationsClauses.recorded, 'the audit log cannot be written: nothing was lifted')
      }
      return ok({ change: change.value, ...(await apply(change.value)), recorded: true })
    },
    list: (after, maximum) =>
      store
        .inForce()
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, maximum),
  }
}
