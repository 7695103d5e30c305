import type { Code } from '../core/codes.ts'
import type { EventFacts } from '../core/event-record.ts'
import { type Clock, toRfc3339 } from '../core/time.ts'

/** Counts requests that were refused before a decision, and puts the counts into the log. */
export interface RefusalTally {
  /** A request was refused with this problem code. Costs a number in memory. */
  refused(code: Code): void
  /** Records what was counted since the last time, if anything was, and counts no more of its own accord. */
  close(): Promise<void>
}

/**
 * Starts counting. Every `everyMs`, what was counted is one `aggregate` record, so that a flood of refusals takes no room
 * in the log and leaves its trace all the same. What cannot be recorded stays
 * counted. `record` answers when its record is written, or rejects.
 */
export function createRefusalTally(
  record: (facts: EventFacts['aggregate']) => Promise<unknown>,
  clock: Clock,
  everyMs: number,
): RefusalTally {
  let counts = new Map<Code, number>()
  let from = clock()

  async function flush(): Promise<void> {
    if (counts.size === 0) return
    const flushed = counts
    const since = from
    counts = new Map()
    from = clock()
    let count = 0
    for (const n of flushed.values()) count += n
    const times = { from: toRfc3339(since), to: toRfc3339(from) }
    await record({ of: 'requests', count, codes: Object.fromEntries(flushed), ...times }).catch(() => {
      from = since
      for (const [code, n] of flushed) counts.set(code, (counts.get(code) ?? 0) + n)
    })
  }

  const timer = setInterval(() => void flush(), everyMs)
  timer.unref()
  return {
    refused(code) {
      if (counts.size === 0) from = clock()
      counts.set(code, (counts.get(code) ?? 0) + 1)
    },
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
