import type { Config } from '../config/schema.ts'
import { createTextLog, type Log, openLog } from '../telemetry/log.ts'
import { systemSurroundings } from './system.ts'

/**
 * - `say`: takes a line. `isTerminal`: whether people read it; absent where nobody knows, and then it is written for them.
 * - `worker`: which of several processes this is.
 */
export interface ProcessLogParts {
  readonly say: (line: string) => void
  readonly isTerminal?: boolean
  readonly worker?: number
}

const now = () => performance.now()

/** The log of a process as its configuration has it. */
export function openProcessLog({ log }: Config, { say, isTerminal = true, worker }: ProcessLogParts): Promise<Log> {
  const { level, format } = log
  const { clock } = systemSurroundings()
  return openLog({
    level,
    format: format === 'auto' ? (isTerminal ? 'text' : 'json') : format,
    write: say,
    clock,
    now,
    ...(worker !== undefined && { worker }),
  })
}

/** A log for whoever sits before it: of a demonstration, or while a service is written. */
export const logForPeople = (say: (line: string) => void): Log => createTextLog({ level: 'info', write: say, now })
