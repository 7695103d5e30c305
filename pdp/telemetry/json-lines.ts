import { pino } from 'pino'
import { toRfc3339 } from '../core/time.ts'
import type { LogLine, LogOptions } from './log.ts'

/** Writes lines as JSON objects: `level`, `time` (RFC 3339, UTC), `event`, what stands beside it, and `msg`. */
export function createJsonWriter({ write, clock, worker }: Pick<LogOptions, 'write' | 'clock' | 'worker'>) {
  const logger = pino(
    {
      level: 'debug', // what is less urgent than asked for was left out before
      base: worker === undefined ? null : { worker },
      timestamp: () => `,"time":"${toRfc3339(clock())}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => write(line.trimEnd()) },
  )
  return ({ level, event, text, fields }: LogLine): void => logger[level]({ event, ...fields }, text)
}
