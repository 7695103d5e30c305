import type { VerificationKey } from '../core/key.ts'
import type { Refusal, Result } from '../core/result.ts'
import { type Instant, instant, type Seconds } from '../core/time.ts'
import type { KeyHint } from '../seams.ts'
import { selectKeys } from './select-keys.ts'
import type { Snapshot } from './snapshot.ts'
import type { TrustStatus } from './status.ts'

/** The one place of a source where its snapshot stands. */
export interface SnapshotHolder {
  /** When the present keys were known to be right; the epoch, older than any limit, before any were. */
  asOf(): Instant
  status(): TrustStatus
  select(hint: KeyHint, now: Instant): Result<readonly VerificationKey[]>
  knows(kid: string): boolean
  /** Takes the outcome of an attempt: a snapshot replaces the last whole, a refusal leaves it and is remembered. */
  settle(outcome: Result<Snapshot>): void
  /** The keys are known to be right still, unless the last attempt was refused. */
  confirm(asOf: Instant): void
  /** Forgets the keys: whoever spoke for them says that they are none of ours any more. */
  withdraw(reason: Refusal): void
}

/** Makes an empty holder for the source called `name`, whose keys serve for `maxStale` after they were known right. */
export function holdSnapshot(name: string, maxStale: Seconds): SnapshotHolder {
  let snapshot: Snapshot | undefined
  let fault: Refusal | undefined
  return {
    asOf: () => snapshot?.asOf ?? instant(0),
    status: () => ({
      name,
      keys: snapshot?.keys.length ?? 0,
      ignored: snapshot?.ignored.map(({ detail }) => detail) ?? [],
      ...(snapshot && { asOf: snapshot.asOf }),
      ...(fault && { lastError: fault.detail }),
    }),
    select: (hint, now) => selectKeys(snapshot, hint, now, maxStale),
    knows: (kid) => snapshot?.byKid.has(kid) ?? false,
    settle(outcome) {
      if (outcome.ok === true) {
        snapshot = outcome.value
        fault = undefined
      } else fault = outcome
    },
    confirm(asOf) {
      if (snapshot && !fault) snapshot = { ...snapshot, asOf }
    },
    withdraw(reason) {
      snapshot = undefined
      fault = reason
    },
  }
}
