import { type Clock, instant, type Seconds } from '../core/time.ts'
import type { RevocationView } from '../seams.ts'
import type { RevocationStore } from './store.ts'

/** What is done where an instance may lack a revocation: nobody is let in, or those who are not known to be revoked are. */
export interface StalePolicy {
  readonly stale: 'deny' | 'allow'
  /** How long what was confirmed counts as complete. */
  readonly staleAfter: Seconds
}

/**
 * - `loaded`: whether all that is known anywhere was read once. Before that, nobody is let in, whatever the policy.
 * - `confirmedAt`: monotonic milliseconds at which nothing was lacking; undefined where that is not known.
 */
export interface Confirmation {
  readonly loaded: () => boolean
  readonly confirmedAt: () => number | undefined
}

export interface ConfirmedView extends RevocationView {
  /** Whether this instance is known to lack nothing. */
  isConfirmed(): boolean
}

/** The view that decisions consult. Ages are told by a monotonic clock: a step of the other one makes nothing fresh again. */
export function createConfirmedView(
  { find }: Pick<RevocationStore, 'find'>,
  { loaded, confirmedAt }: Confirmation,
  policy: () => StalePolicy,
  clock: Clock,
  now: () => number,
): ConfirmedView {
  const isConfirmed = (): boolean => {
    const at = confirmedAt()
    return at !== undefined && now() - at <= policy().staleAfter * 1_000
  }
  return {
    isConfirmed,
    confirmedAt: () => instant(clock() - (now() - (confirmedAt() ?? Number.NEGATIVE_INFINITY))),
    find(keys) {
      const found = find(keys)
      if (found !== 'clear' || isConfirmed()) return found
      return loaded() && policy().stale === 'allow' ? found : 'unconfirmed'
    },
  }
}
