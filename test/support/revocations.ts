import type { Clock, Instant } from '../../pdp/core/time.ts'
import type { Revoke } from '../../pdp/revocation/change.ts'
import { createChangeSet } from '../../pdp/revocation/change-set.ts'
import type { RevocationTarget } from '../../pdp/revocation/revocation-key.ts'
import type { RevocationView } from '../../pdp/seams.ts'

type Kept = Revoke extends infer R ? (R extends unknown ? Omit<R, 'act' | 'id' | 'at' | 'by'> : never) : never

/** A revocation as tests write it. */
export type RevocationEntry = Kept & { readonly since: Instant }

export interface RevocationWriter {
  revoke(entry: RevocationEntry): void
  lift(target: RevocationTarget): boolean
}

/** What is revoked, in memory, and the means to change it. */
export function createTestRevocations(clock: Clock): {
  readonly view: RevocationView
  readonly writer: RevocationWriter
} {
  const set = createChangeSet(clock)
  let made = 0
  const facts = () => ({ id: `${++made}`, by: 'test' })
  return {
    view: { confirmedAt: clock, find: set.find },
    writer: {
      revoke: ({ since, ...entry }) => void set.add({ act: 'revoke', ...facts(), at: since, ...entry }),
      lift(target) {
        const ends = set.idsOf(target)
        set.add({ act: 'lift', ...facts(), at: clock(), reason: 'test', target, ends })
        return ends.length > 0
      },
    },
  }
}
