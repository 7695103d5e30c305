import type { Counts, EventFacts } from '../core/event-record.ts'
import type { AuditRecord } from '../core/record.ts'
import { earliest, type Instant, toRfc3339 } from '../core/time.ts'

/** Counts records that could not be written, so that the log tells of them when it can be written again. */
export interface Losses {
  add(record: AuditRecord): void
  /** What was counted, as the facts of a `gap` record, counted no more; undefined if nothing was. */
  take(): TakenLosses | undefined
}

/** `back`: counts them again, since they could not be told. */
export interface TakenLosses {
  readonly facts: EventFacts['gap']
  back(): void
}

interface Tally {
  records: number
  allows: number
  denies: number
  codes: Map<keyof Counts, number>
  from: Instant
  to: Instant
}

export function createLosses(): Losses {
  let tally: Tally | undefined

  function count(more: Tally): void {
    const sum = (tally ??= { ...more, records: 0, allows: 0, denies: 0, codes: new Map() })
    sum.records += more.records
    sum.allows += more.allows
    sum.denies += more.denies
    for (const [code, n] of more.codes) sum.codes.set(code, (sum.codes.get(code) ?? 0) + n)
    sum.from = earliest(sum.from, more.from)
    sum.to = sum.to > more.to ? sum.to : more.to
  }

  return {
    add(record) {
      const decision = record.kind === 'decision' ? record : undefined
      count({
        records: 1,
        allows: decision?.effect === 'allow' ? 1 : 0,
        denies: decision?.effect === 'deny' ? 1 : 0,
        codes: new Map(decision ? [[decision.code, 1]] : []),
        from: record.at,
        to: record.at,
      })
    },
    take() {
      const taken = tally
      if (!taken) return undefined
      tally = undefined
      const { records, allows, denies, codes, from, to } = taken
      return {
        facts: {
          reason: 'not-written',
          records,
          allows,
          denies,
          events: records - allows - denies,
          codes: Object.fromEntries(codes),
          from: toRfc3339(from),
          to: toRfc3339(to),
        },
        back: () => count(taken),
      }
    },
  }
}
