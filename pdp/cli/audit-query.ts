import { queryLog, scanLog, type FoundRecord } from '../audit/query/query-log.ts'
import { instant } from '../core/time.ts'
import { exitCodes } from './exit-codes.ts'
import { type FilterFlags, readFilter } from './filter-flags.ts'
import { isRemote, openSource, sayLogFault, type SourceFlags } from './open-source.ts'
import { recordText } from './record-text.ts'
import type { Terminal } from './terminal.ts'

/** - `index`: where the index is kept; beside the log where it is not said. `scan`: do without it. */
export type AuditQueryFlags = FilterFlags &
  SourceFlags & { readonly index?: string; readonly scan?: boolean; readonly limit?: string; readonly json?: boolean }

const usualLimit = '1000'

/** `audit query`: prints the records that are looked for, the oldest first. */
export async function auditQueryCommand(
  log: string,
  flags: AuditQueryFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const { json = false, limit: wanted = usualLimit } = flags
  const filter = readFilter(flags, instant(Date.now()), say)
  const limit = /^[1-9][0-9]{0,7}$/.test(wanted) ? Number(wanted) : undefined
  if (limit === undefined) say('--limit: must be a number from 1 on')
  if (!filter || limit === undefined) return exitCodes.usage
  try {
    const found = await find()
    if (typeof found === 'number') return found
    for (const { line, record } of found) out(`${json ? line : recordText(record)}\n`)
    if (found.length === limit) say(`the newest ${limit} are shown: --limit N for more`)
    return exitCodes.ok
  } catch (error) {
    return sayLogFault(log, error, say)
  }

  async function find(): Promise<readonly FoundRecord[] | number> {
    if (!filter || limit === undefined) return exitCodes.usage
    if (!isRemote(log) && flags.scan !== true)
      return queryLog({ folder: log, index: flags.index ?? `${log.replace(/\/+$/, '')}-index`, filter, limit, say })
    const source = await openSource(log, flags, say)
    if (typeof source === 'number') return source
    try {
      return await scanLog(source, filter, limit)
    } finally {
      source.close()
    }
  }
}
