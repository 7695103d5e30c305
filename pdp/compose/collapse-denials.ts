import type { EventFacts } from '../core/event-record.ts'
import type { DecisionId } from '../core/frame.ts'
import type { Code } from '../core/codes.ts'
import type { DecisionRecord } from '../core/record.ts'
import { type Clock, type Instant, toRfc3339 } from '../core/time.ts'
import type { AuditLog } from '../seams.ts'

/** A log that tells of a flood of denials in one record, so that it can neither fill the disk nor hide something. */
export interface CollapsingLog extends AuditLog {
  /** Records what was counted, and counts no more of its own accord. */
  close(): Promise<void>
}

/**
 * - `perSecond`: how many denials to one enforcement point and service are recorded one by one; 0: all.
 * - `everyMs`: how often what was only counted is recorded. `record` rejects where it cannot be.
 */
export interface CollapseOptions {
  readonly perSecond: number
  readonly everyMs: number
  readonly clock: Clock
  readonly record: (facts: EventFacts['aggregate']) => Promise<unknown>
}

interface Source {
  second: number
  inSecond: number
  counted: number
  readonly codes: Map<Code, number>
  readonly samples: DecisionId[]
  from: Instant
  to: Instant
}

const maximumSamples = 5
const maximumSources = 4_096

/**
 * Records every decision until there are too many denials of one source in a second; from then on, in that second, they
 * are counted. A record that allows anything is never only counted, nor is one that tells of a fault. To append one that
 * is counted rejects: it has no receipt, and a denial needs none.
 */
export function collapseDenials(log: AuditLog, options: CollapseOptions): CollapsingLog {
  const { perSecond, everyMs, clock, record } = options
  const sources = new Map<string, Source>()

  function isOneTooMany(denial: DecisionRecord): boolean {
    const name = `${denial.pep} ${denial.service}`
    const second = Math.floor(denial.at / 1000)
    let source = sources.get(name)
    if (!source) {
      if (sources.size >= maximumSources) return false
      source = { second, inSecond: 0, counted: 0, codes: new Map(), samples: [], from: denial.at, to: denial.at }
      sources.set(name, source)
    }
    if (second !== source.second) {
      source.second = second
      source.inSecond = 0
    }
    if (++source.inSecond <= perSecond) return false
    if (source.counted++ === 0) source.from = denial.at
    source.to = denial.at
    source.codes.set(denial.code, (source.codes.get(denial.code) ?? 0) + 1)
    if (source.samples.length < maximumSamples) source.samples.push(denial.id)
    return true
  }

  async function tell(): Promise<void> {
    const now = clock()
    await Promise.all(
      [...sources].map(async ([name, source]) => {
        const { counted, codes, samples, from, to } = source
        if (counted === 0) {
          if (now - source.second * 1000 > everyMs) sources.delete(name)
          return
        }
        sources.delete(name) // what comes meanwhile is counted anew
        const times = { from: toRfc3339(from), to: toRfc3339(to) }
        const counts = { count: counted, codes: Object.fromEntries(codes), ...times, samples }
        await record({ of: 'denies', source: name, ...counts }).catch(() => restore(name, source))
      }),
    )
  }

  /** Adds what could not be told to what was counted since. */
  function restore(name: string, before: Source): void {
    const since = sources.get(name)
    if (since) {
      before.counted += since.counted
      for (const [code, n] of since.codes) before.codes.set(code, (before.codes.get(code) ?? 0) + n)
      before.to = since.to
      before.second = since.second
      before.inSecond = since.inSecond
    }
    sources.set(name, before)
  }

  const timer = setInterval(() => void tell(), everyMs)
  timer.unref()
  return {
    append(record) {
      return perSecond > 0 && isPlainDenial(record) && isOneTooMany(record)
        ? Promise.reject(new Error('this denial is told of with others of its kind'))
        : log.append(record)
    },
    async close() {
      clearInterval(timer)
      await tell()
    },
  }
}

const isPlainDenial = (record: Parameters<AuditLog['append']>[0]): record is DecisionRecord =>
  record.kind === 'decision' &&
  record.effect === 'deny' &&
  record.error === undefined &&
  record.questions.every(({ code }) => code !== 'ALLOWED')
