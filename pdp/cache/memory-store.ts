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
}

const entryOverhead = 200 // the key, the entry, its place in the map

/**
 * A cache in memory. What was not used longest goes first when either bound is reached; a value larger than the bound
 * is not kept. Values go in and out as copies.
 */
export function createMemoryStore({ clock, maximumEntries, maximumBytes }: MemoryStoreOptions): MemoryStore {
  const entries = new Map<Digest, Entry>() // in the order of use: a Map keeps the order of insertion
  let bytes = 0

  function drop(key: Digest, entry: Entry): void {
    entries.delete(key)
    bytes -= weightOf(entry.value)
  }

  return {
    async get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      if (clock() >= entry.until) {
        drop(key, entry)
        return undefined
      }
      entries.delete(key)
      entries.set(key, entry)
      return entry.value.slice()
    },
    put(key, value, ttl) {
      const before = entries.get(key)
      if (before) drop(key, before)
      if (!(ttl > 0) || weightOf(value) > maximumBytes || maximumEntries < 1) return
      entries.set(key, { value: value.slice(), until: plus(clock(), ttl) })
      bytes += weightOf(value)
      for (const [oldest, entry] of entries) {
        if (entries.size <= maximumEntries && bytes <= maximumBytes) break
        drop(oldest, entry)
      }
    },
    size: () => ({ entries: entries.size, bytes }),
  }
}

const weightOf = (value: Uint8Array): number => value.length + entryOverhead
