import type { Digest } from '../core/digest.ts'
import { type Clock, type Instant, plus } from '../core/time.ts'
import type { CacheStore } from '../seams.ts'

export interface MemoryStoreOptions {
  readonly clock: Clock
  /** The most entries it holds. */
  readonly maximumEntries: number
  /** The most bytes its values may take together, with an allowance for each entry. */
  readonly maximumBytes: number
}

export interface MemoryStore extends CacheStore {
  /** What it holds now, expired entries that nobody asked for included. */
  size(): { readonly entries: number; readonly bytes: number }
}

interface Entry {
  readonly value: Uint8Array
  readonly until: Instant
  /** Since it was put, or last passed over. */
  used: boolean
}

const entryOverhead = 200 // the key, the entry, its place in the map
const passedOver = 16 // at most, for one that goes

/**
 * A cache in memory. When either bound is reached the oldest goes; what was used is passed over once, and is then the
 * newest, so that a hit need move nothing. A value larger than the bound is not kept. Values go in and out as copies.
 */
export function createMemoryStore({ clock, maximumEntries, maximumBytes }: MemoryStoreOptions): MemoryStore {
  const entries = new Map<Digest, Entry>() // the oldest first: a Map keeps the order of insertion
  let bytes = 0

  function drop(key: Digest, entry: Entry): void {
    entries.delete(key)
    bytes -= weightOf(entry.value)
  }

  /** Drops entries until there is room for one of this weight. */
  function makeRoom(weight: number): void {
    let chances = passedOver
    for (const [key, entry] of entries) {
      if (entries.size < maximumEntries && bytes + weight <= maximumBytes) return
      if (entry.used && chances-- > 0) {
        entry.used = false
        entries.delete(key)
        entries.set(key, entry)
      } else {
        drop(key, entry)
        chances = passedOver
      }
    }
  }

  return {
    async get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (clock() >= entry.until) {
        drop(key, entry)
        return undefined
      }
      entry.used = true
      return entry.value.slice()
    },
    put(key, value, ttl) {
      const before = entries.get(key)
      if (before) drop(key, before)
      if (!(ttl > 0) || weightOf(value) > maximumBytes || maximumEntries < 1) return
      makeRoom(weightOf(value))
      entries.set(key, { value: value.slice(), until: plus(clock(), ttl), used: false })
      bytes += weightOf(value)
    },
    size: () => ({ entries: entries.size, bytes }),
  }
}

const weightOf = (value: Uint8Array): number => value.length + entryOverhead
