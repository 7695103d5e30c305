import type { Decision } from './decision.ts'

/** Allows whose reuse was permitted, until that ends. */
export interface DecisionCache {
  get(key: AskKey): Decision | undefined
  /** Keeps an allow for as long as its `reuse_max_age_s` says, counted from when it was asked for. */
  put(key: AskKey, decision: Decision, askedAt: Moment): void
  clear(): void
}

/** Now, by two clocks, in milliseconds: one that never goes back, and one that goes on while the machine sleeps. */
export interface Moment {
  readonly steady: number
  readonly wall: number
}

interface Kept {
  readonly key: AskKey
  readonly decision: Decision
  readonly from: Moment
  readonly forMs: number
}

/** The whole ask, all evidence included, as JSON, and the service that is asked for. Two are one if both are. */
export interface AskKey {
  readonly service: string
  readonly ask: string
}

const ends = 96
const stride = 16
const keptOfOnePrint = 8

/**
 * A number that says where to look for an ask: of its two ends, where asks of one caller differ, and of some characters between.
 * Maps hash a text whole, once for each new one, which takes longer than all else here; comparing two is quick. It decides
 * nothing: whatever is found is compared whole.
 */
export function printOf(ask: string): number {
  const { length } = ask
  const head = Math.min(ends, length)
  const tail = Math.max(length - ends, head)
  let print = length
  for (let i = 0; i < head; i++) print = (Math.imul(print, 31) + ask.charCodeAt(i)) | 0
  for (let i = head; i < tail; i += stride) print = (Math.imul(print, 31) + ask.charCodeAt(i)) | 0
  for (let i = tail; i < length; i++) print = (Math.imul(print, 31) + ask.charCodeAt(i)) | 0
  return print
}

/** A cache of so many entries, whose keys have at most so many characters in all. What was used longest ago makes room. */
export function createDecisionCache(entries: number, characters: number, now: () => Moment): DecisionCache {
  const kept = new Map<number, readonly Kept[]>() // in the order of their use
  let [count, held] = [0, 0]

  /** Puts what has this print in the place of what had, as used last. */
  function replace(print: number, before: readonly Kept[], after: readonly Kept[]): void {
    kept.delete(print)
    if (after.length > 0) kept.set(print, after)
    count += after.length - before.length
    held += lengthOf(after) - lengthOf(before)
  }
  const isGood = ({ from, forMs }: Kept) => {
    const { steady, wall } = now()
    // a wall clock that was set back says nothing about how long it has been
    return steady - from.steady < forMs && wall >= from.wall && wall - from.wall < forMs
  }
  return {
    get(key) {
      const print = printOf(key.ask)
      const known = kept.get(print)
      const found = known && among(known, key)
      if (!found) return undefined
      if (!isGood(found)) {
        replace(print, known, without(known, key))
        return undefined
      }
      kept.delete(print)
      kept.set(print, known)
      return found.decision
    },
    put(key, decision, from) {
      const print = printOf(key.ask)
      const known = kept.get(print) ?? []
      const others = without(known, key)
      const { obligations, reuse_max_age_s: reuse } = decision
      const reusable = decision.decision === 'allow' && obligations.length === 0 && reuse > 0
      const keep = reusable && charactersOf(key) <= characters
      const added = keep ? [{ key, decision: freeze(decision), from, forMs: reuse * 1_000 }] : []
      replace(print, known, [...others, ...added].slice(-keptOfOnePrint))
      for (const [oldest, those] of kept) {
        if (count <= entries && held <= characters) break
        replace(oldest, those, those.slice(1))
      }
    },
    clear() {
      kept.clear()
      count = held = 0
    },
  }
}

const isSame = (one: AskKey, other: AskKey): boolean => one.ask === other.ask && one.service === other.service
const charactersOf = ({ service, ask }: AskKey): number => service.length + ask.length
const without = (those: readonly Kept[], key: AskKey): readonly Kept[] => those.filter((each) => !isSame(each.key, key))
const lengthOf = (those: readonly Kept[]): number => those.reduce((sum, { key }) => sum + charactersOf(key), 0)

function among(those: readonly Kept[], key: AskKey): Kept | undefined {
  for (const each of those) if (isSame(each.key, key)) return each
  return undefined
}

/** Freezes it all the way down: several askers are given the same object. */
function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}
