import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { dayOf } from '../audit/payloads/day-keys.ts'
import { type PayloadFindings, readPayloads } from '../audit/payloads/read-payloads.ts'
import { eachRecord } from '../audit/query/record-source.ts'
import { matchesFilter, type RecordFilter } from '../audit/query/record-filter.ts'
import { readLine, textAt } from '../audit/export/stored-line.ts'
import type { Difference } from '../audit/replay/difference.ts'
import { type ReplayReport, replayLog } from '../audit/replay/replay-log.ts'
import { replayBundle } from '../compose/replay-bundle.ts'
import type { JsonObject } from '../core/json.ts'
import { instant, plus, seconds } from '../core/time.ts'
import { loadBundle } from '../policy/load-bundle.ts'
import { exitCodes } from './exit-codes.ts'
import { type FilterFlags, readFilter } from './filter-flags.ts'
import { openSource, sayLogFault } from './open-source.ts'
import { sayReplay } from './replay-text.ts'
import type { Terminal } from './terminal.ts'

/** - `state`: the folder with payloads and their keys; that above the log if it is not said. `policy`: the bundle's name. */
export type AuditReplayFlags = FilterFlags & {
  readonly bundle: string
  readonly state?: string
  readonly policy?: string
  readonly json?: boolean
}

const aheadSeconds = 3_700 // reused answers were made up to an hour before
const maximumKept = 10_000

/** `audit replay`: evaluates recorded decisions again with a bundle; exits 1 where any came out otherwise. */
export async function auditReplayCommand(
  log: string,
  flags: AuditReplayFlags,
  { out, say }: Pick<Terminal, 'out' | 'say'>,
): Promise<number> {
  const filter = readFilter(flags, instant(Date.now()), say)
  if (!filter) return exitCodes.usage
  const archive = await readFile(flags.bundle).catch(() => undefined)
  const bundle = archive && (await loadBundle(archive))
  if (!bundle?.ok) {
    say(`${flags.bundle}: ${bundle ? `${bundle.detail} (${bundle.clause})` : 'cannot be read'}`)
    return exitCodes.invalid
  }
  const source = await openSource(log, {}, say)
  if (typeof source === 'number') return source
  const state = flags.state ?? dirname(resolve(log))
  const folders = { payloads: join(state, 'payloads'), keys: join(state, 'keys', 'payloads') }
  const findings: PayloadFindings = { erased: new Set(), torn: [], altered: [] }
  const names = new Set<string>()
  const differences: Difference[] = []
  try {
    const report = await replayLog({
      records: decisions(filter),
      payloads: readPayloads(folders, daysOf(filter), findings),
      policy: replayBundle(bundle.value),
      wanted(record) {
        if (!matchesFilter(record, filter)) return false
        const name = textAt(record, 'policy', 'bundle')
        if (name !== undefined) names.add(name)
        return name === undefined || flags.policy === undefined || name === flags.policy
      },
      different: (difference) => void (differences.length < maximumKept && differences.push(difference)),
    })
    sayFindings(findings)
    if (flags.policy === undefined && names.size > 1) {
      say(`decisions of several policies were found: name one with --policy: ${[...names].sort().join(', ')}`)
      return exitCodes.usage
    }
    print(report)
    return report.different > 0 ? exitCodes.failed : exitCodes.ok
  } catch (error) {
    return sayLogFault(log, error, say)
  } finally {
    source.close()
  }

  /** Decisions until the end of the filter; those before its beginning too, since answers may have been reused. */
  async function* decisions({ from, to }: RecordFilter): AsyncGenerator<JsonObject> {
    if (typeof source === 'number') return
    const early = { terms: { kind: 'decision' }, ...(to !== undefined && { to }) }
    const begin = from === undefined ? early : { ...early, from: plus(from, seconds(-aheadSeconds)) }
    for await (const { line } of eachRecord(source)) {
      const record = readLine(line)
      if (record && matchesFilter(record, begin)) yield record
    }
  }

  function sayFindings({ erased, torn, altered }: PayloadFindings): void {
    for (const day of erased) say(`${day}: the key of its payloads was erased`)
    for (const name of torn) say(`${name}: its end was torn by a crash`)
    for (const name of altered) say(`${name}: is not what was written from some place on, and was read up to there`)
  }

  function print(report: ReplayReport): void {
    const { notReplayable, ...counts } = report
    if (flags.json === true) {
      const summary = { ...counts, notReplayable: Object.fromEntries(notReplayable), differences }
      out(`${JSON.stringify(summary)}\n`)
    } else sayReplay(report, differences, out)
  }
}

const daysOf = ({ from, to }: RecordFilter): { readonly from?: string; readonly to?: string } => ({
  ...(from !== undefined && { from: dayOf(from) }),
  ...(to !== undefined && { to: dayOf(to) }),
})
