import type { Command } from 'commander'
import { type RecordFilter, type TermName, termNames } from '../audit/query/record-filter.ts'
import { type Instant, instant } from '../core/time.ts'
import type { Terminal } from './terminal.ts'

/** The flags that say which records are meant. */
export type FilterFlags = { readonly from?: string; readonly to?: string } & { readonly [Name in TermName]?: string }

const described: Readonly<Record<TermName, string>> = {
  kind: 'decision, start, bundle, gap …',
  id: 'the id of a decision or record',
  service: 'the service that was asked for',
  effect: 'allow or deny',
  code: 'a code, of the decision or of one of its questions',
  clause: 'a clause, likewise',
  subject: 'the id of the caller',
  resource: 'a type, an id, or TYPE/ID',
}

/** Gives a command those flags. */
export function withFilterFlags(command: Command): Command {
  command
    .option('--from <time>', 'records from this time on: 2026-03-02, 2026-03-02T12:00Z, or 15m, 24h, 7d ago')
    .option('--to <time>', 'records before this time')
  for (const name of termNames) command.option(`--${name} <${name}>`, described[name])
  return command
}

/** The filter that flags say; undefined, and said why, where a time is none. */
export function readFilter(flags: FilterFlags, now: Instant, say: Terminal['say']): RecordFilter | undefined {
  const from = readTime(flags.from, now)
  const to = readTime(flags.to, now)
  if (from === 'none' || to === 'none') {
    say(
      `--${from === 'none' ? 'from' : 'to'}: must be a time such as 2026-03-02T12:00:00Z, or 15m, 24h, 7d for so long ago`,
    )
    return undefined
  }
  const terms = Object.fromEntries(
    termNames.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]] as const])),
  )
  return { terms, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
// a time without an offset would mean another instant on every machine, so it is UTC
const timePattern = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/

function readTime(text: string | undefined, now: Instant): Instant | undefined | 'none' {
  if (text === undefined) return undefined
  const [, length, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (length !== undefined) return instant(now - Number(length) * (unitMs[unit] ?? 0))
  const [, date, time = '00:00', offset = 'Z'] = timePattern.exec(text) ?? []
  const at = Date.parse(`${date}T${time}${offset}`)
  return Number.isNaN(at) ? 'none' : instant(at)
}
