import { setTimeout as delay } from 'node:timers/promises'
import { matching } from '../audit/query/query-log.ts'
import { eachRecord, type RecordSource } from '../audit/query/record-source.ts'
import { instant } from '../core/time.ts'
import type { Signals } from '../process/await-end.ts'
import { exitCodes } from './exit-codes.ts'
import { type FilterFlags, readFilter } from './filter-flags.ts'
import { openSource, sayLogFault, type SourceFlags } from './open-source.ts'
import { recordText } from './record-text.ts'
import type { Terminal } from './terminal.ts'

/** `lines`: how many of the records that are there are printed first. */
export type AuditTailFlags = FilterFlags & SourceFlags & { readonly lines?: string; readonly json?: boolean }

const everyMs = 500
const retryMs = 2_000

/**
 * `audit tail`: prints records as they come, until a signal says to stop. The log is opened anew each time, so that one
 * that was moved away and begun again is followed; where its end is not where it was, it is read from its beginning.
 */
export async function auditTailCommand(
  log: string,
  flags: AuditTailFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
  signals: Signals,
): Promise<number> {
  const { json = false, lines = '10' } = flags
  const filter = readFilter(flags, instant(Date.now()), say)
  const count = /^[0-9]{1,7}$/.test(lines) ? Number(lines) : undefined
  if (count === undefined) say('--lines: must be a number')
  if (!filter || count === undefined) return exitCodes.usage
  const stopped = new AbortController()
  signals.onStop(() => stopped.abort())
  let next = 0
  let last: string | undefined // the line before the next one: another one there means another log
  let lost = false

  async function follow(source: RecordSource, first: boolean): Promise<void> {
    if (!filter || count === undefined) return
    const [before] = next === 0 ? [] : await source.read(next - 1, { records: 1, bytes: 1 })
    const pruned = before !== undefined && before.seq >= next
    if (!pruned && before?.line !== last) {
      say(`${log}: is another log now: from its beginning`)
      next = 0
    }
    const found: string[] = []
    for await (const stored of eachRecord(source, next)) {
      if (stopped.signal.aborted) return
      next = stored.seq + 1
      last = stored.line
      const match = matching(stored, filter)
      if (!match) continue
      const text = `${json ? match.line : recordText(match.record)}\n`
      if (!first) out(text)
      else if (found.push(text) > 2 * count + 64) found.splice(0, found.length - count)
    }
    if (count > 0) for (const text of found.slice(-count)) out(text)
  }

  for (let first = true; !stopped.signal.aborted; first = false) {
    try {
      const source = await openSource(log, flags, lost ? () => undefined : say)
      if (typeof source === 'number') {
        if (first) return source
        lost = true
      } else {
        await follow(source, first).finally(source.close)
        lost = false
      }
    } catch (error) {
      const code = sayLogFault(log, error, lost ? () => undefined : say)
      if (first || code === exitCodes.tampered) return code
      lost = true
    }
    await delay(lost ? retryMs : everyMs, undefined, { signal: stopped.signal }).catch(() => undefined)
  }
  return exitCodes.ok
}
