import { maskSecrets } from '../core/mask-secrets.ts'
import type { Clock } from '../core/time.ts'
import { createTokenBuckets } from '../core/token-buckets.ts'

/** From least to most urgent. */
export const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

/** What a line may be about, for whoever looks for it by name: these names stay. */
export const logEvents = {
  'process.listening': 'info',
  'process.not-ready': 'warn',
  'process.stopping': 'info',
  'process.hurrying': 'info',
  'process.refused': 'error',
  'config.in-use': 'info',
  'config.kept': 'error',
  'tls.off': 'warn',
  'tls.replaced': 'info',
  'tls.kept': 'error',
  'listener.fault': 'error',
  'bundle.changed': 'info',
  'bundle.refused': 'error',
  'trust.kept': 'warn',
  'redis.state': 'warn',
  'redis.alarm': 'error',
  'audit.tree': 'error',
  'audit.payloads': 'warn',
  'audit.sink': 'warn',
  'traces.failed': 'warn',
  'worker.ended': 'error',
  'worker.serving': 'info',
  'worker.failed': 'error',
  decision: 'info',
} as const satisfies Readonly<Record<string, Level>>

export type LogEvent = keyof typeof logEvents

/** All that may stand beside a line: names of the configuration, codes, ids, counts. Nothing else is written. */
export const logFields = [
  'bundle',
  'outcome',
  'digest',
  'worker',
  'count',
  'decision_id',
  'effect',
  'code',
  'clause',
  'door',
  'service',
  'pep',
  'policy_revision',
  'subject',
  'duration_ms',
  'trace_id',
  'span_id',
  'error_name',
  'error_code',
  'error_at',
  'suppressed',
] as const

export type LogFields = { readonly [Name in (typeof logFields)[number]]?: string | number | undefined }

/** Takes lines for the operator; returns at once and never throws. `text` is whole by itself and never holds a secret. */
export interface Log {
  tell(event: LogEvent, text: string, fields?: LogFields): void
}

/** One line as it is to be written. */
export interface LogLine {
  readonly level: Level
  readonly event: LogEvent
  readonly text: string
  readonly fields: LogFields
}

/**
 * - `level`: what is less urgent is left out. `format`: `text` is the text alone, `json` one object a line.
 * - `write`: takes one line without its end. `clock`: of the lines. `now`: monotonic milliseconds.
 * - `worker`: which of several processes this is.
 */
export interface LogOptions {
  readonly level: Level
  readonly format: 'json' | 'text'
  readonly write: (line: string) => void
  readonly clock: Clock
  readonly now: () => number
  readonly worker?: number
}

/** What is used for JSON is loaded where that is written. */
export async function openLog(options: LogOptions): Promise<Log> {
  if (options.format === 'text') return createTextLog(options)
  const { createJsonWriter } = await import('./json-lines.ts')
  return bounded(options, createJsonWriter(options))
}

/** Lines as people read them. */
export function createTextLog(options: Omit<LogOptions, 'format' | 'clock'>): Log {
  const { write, worker } = options
  return bounded(options, ({ text, fields: { suppressed } }) => {
    const before = worker === undefined ? '' : `worker ${worker}: `
    write(`${before}${text}${suppressed === undefined ? '' : ` (and ${suppressed} more of this kind)`}`)
  })
}

/** How often one event may be told: what a caller can bring about must not fill a disk. */
const rate = { perSecond: 1, burst: 100 }
const rateOfDecisions = { perSecond: 200, burst: 1_000 }
const longest = 4_096

/** Leaves out what is not urgent enough and what comes too often, and masks what looks like a secret all the same. */
function bounded({ level, now }: Pick<LogOptions, 'level' | 'now'>, write: (line: LogLine) => void): Log {
  const least = levels.indexOf(level)
  const events = createTokenBuckets(rate, now)
  const decisions = createTokenBuckets(rateOfDecisions, now)
  const leftOut = new Map<LogEvent, number>()
  return {
    tell(event, text, fields = {}) {
      const urgency: Level = logEvents[event]
      if (levels.indexOf(urgency) < least) return
      const before = leftOut.get(event) ?? 0
      if ((event === 'decision' ? decisions : events).take(event) > 0) return void leftOut.set(event, before + 1)
      leftOut.delete(event)
      try {
        const more = before > 0 ? { ...fields, suppressed: before } : fields
        write({ level: urgency, event, text: clean(text), fields: cleanFields(more) })
      } catch {
        // whoever reads the lines may be gone; what they tell of goes on
      }
    },
  }
}

const clean = (text: string): string => maskSecrets(text.length > longest ? `${text.slice(0, longest)}…` : text)

/** Those on the list, by name; no other is written, whatever was given. */
function cleanFields(fields: LogFields): LogFields {
  const known = logFields.flatMap((name) => {
    const value = fields[name]
    return value === undefined ? [] : [[name, typeof value === 'string' ? clean(value) : value] as const]
  })
  return Object.fromEntries(known)
}

/** What may be told of an exception: its name, its code, and where it came from. Its text may hold anything. */
export function faultFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error_name: typeof error }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at [^\n]{1,300}$/.test(line))
  return {
    error_name: error.name,
    error_at: frames.map((frame) => frame.trim()).join(' < '),
    ...('code' in error && { error_code: String(error.code) }),
  }
}
