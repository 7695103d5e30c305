import { exportFormats } from '../audit/export/formats.ts'
import { matching } from '../audit/query/query-log.ts'
import { eachRecord, type RecordSource } from '../audit/query/record-source.ts'
import type { RecordFilter } from '../audit/query/record-filter.ts'
import type { JsonObject } from '../core/json.ts'
import { instant } from '../core/time.ts'
import { exitCodes } from './exit-codes.ts'
import { type FilterFlags, readFilter } from './filter-flags.ts'
import { openSource, sayLogFault, type SourceFlags } from './open-source.ts'
import type { Terminal } from './terminal.ts'

/** `format`: one of those that records are exported in. `origin`: how the log is called there. */
export type AuditExportFlags = FilterFlags & SourceFlags & { readonly format: string; readonly origin?: string }

/** The names of the forms, for the help of the command. */
export const exportNames: readonly string[] = exportFormats.map(({ name }) => name)

const perBatch = 256

/** `audit export`: prints records in the form of another system, each on a line, the oldest first. */
export async function auditExportCommand(
  log: string,
  flags: AuditExportFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const format = exportFormats.find(({ name }) => name === flags.format)
  if (!format) say(`--format: must be one of ${exportNames.join(', ')}`)
  const filter = readFilter(flags, instant(Date.now()), say)
  if (!format || !filter) return exitCodes.usage
  const source = await openSource(log, flags, say)
  if (typeof source === 'number') return source
  try {
    const origin = flags.origin ?? (await source.origin()) ?? log
    for await (const batch of batches(source, filter)) out(format.encode(batch, { origin }))
    return exitCodes.ok
  } catch (error) {
    return sayLogFault(log, error, say)
  } finally {
    source.close()
  }
}

async function* batches(source: RecordSource, filter: RecordFilter): AsyncGenerator<readonly JsonObject[]> {
  let batch: JsonObject[] = []
  for await (const stored of eachRecord(source)) {
    const match = matching(stored, filter)
    if (!match) continue
    batch.push(match.record)
    if (batch.length < perBatch) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}
