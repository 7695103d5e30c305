import type { Decision } from './decision.ts'

/** Allows whose reuse was permitted, until that ends. */
export interface DecisionCache {
  get(key: string): Decision | undefined
  /** Keeps an allow for as long as its `reuse_max_age_s` says, counted from when it was asked for. */
  put(key: string, decision: Decision, askedAt: Moment): void
  clear(): void
}

/** Now, by two clocks, in milliseconds: one that never goes back, and one that goes on while the machine sleeps. */
export interface Moment {
  readonly steady: number
  readonly wall: number
}

interface Kept {
  readonly decision: Decision
  readonly from: Moment
  readonly forMs: number
}

/** The key of an ask: every part behind its length, so that no two asks share one. */
export const keyOf = (service: string, ask: string): string => `${service.length}:${service}${ask.length}:${ask}`

/** A cache of so many entries, whose keys have at most so many characters in all. The one used longest ago makes room. */
export function createDecisionCache(entries: number, characters: number, now: () => Moment): DecisionCache {
  const kept = new Map<string, Kept>()
  let held = 0
  const drop = (key: string) => {
    if (kept.delete(key)) held -= key.length
  }
  const isGood = ({ from, forMs }: Kept) => {
    const { steady, wall } = now()
    // a wall clock that was set back says nothing about how long it has been
    return steady - from.steady < forMs && wall >= from.wall && wall - from.wall < forMs
  }
  return {
    get(key) {
      const found = kept.get(key)
      if (!found) return undefined
      kept.delete(key)
      if (!isGood(found)) {
        held -= key.length
        return undefined
      }
      kept.set(key, found)
      return found.decision
    },
    put(key, decision, from) {
      drop(key)
      const { obligations, reuse_max_age_s: reuse } = decision
      const reusable = decision.decision === 'allow' && obligations.length === 0 && reuse > 0
      if (!reusable || key.length > characters) return
      kept.set(key, { decision: freeze(decision), from, forMs: reuse * 1_000 })
      held += key.length
      for (const oldest of kept.keys()) {
        if (kept.size <= entries && held <= characters) break
        drop(oldest)
      }
    },
    clear() {
      kept.clear()
      held = 0
    },
  }
}

/** Freezes it all the way down: several askers are given the same object. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}
