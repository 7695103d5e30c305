import type { Difference } from '../audit/replay/difference.ts'
import type { ReplayReport } from '../audit/replay/replay-log.ts'
import { plainText } from './record-text.ts'

const perGroup = 10
const examples = 20

const groupings: readonly (readonly [title: string, of: (difference: Difference) => string])[] = [
  ['rule', ({ before, after }) => `${rules(before)} → ${rules(after)}`],
  ['subject', ({ subject }) => subject],
  ['resource', ({ action, resource }) => `${action} ${resource}`],
]

/** Prints what a replay came to, for people. */
export function sayReplay(report: ReplayReport, differences: readonly Difference[], out: (text: string) => void): void {
  const { replayed, sameBundle, different, beforePolicy, notReplayable } = report
  out(`replayed ${replayed} decisions, ${sameBundle} of them made by this very bundle: ${different} differ\n`)
  if (beforePolicy > 0) out(`refused before policy had its say, so nothing to replay: ${beforePolicy}\n`)
  for (const [why, count] of notReplayable) out(`not replayed: ${count}: ${why}\n`)
  for (const kind of ['allow→deny', 'deny→allow', 'code', 'reasons'] as const) {
    const found = differences.filter((difference) => difference.kind === kind)
    if (found.length === 0) continue
    out(`\n${kind}: ${found.length}\n`)
    for (const [title, of] of groupings)
      for (const [text, count] of mostFrequent(found.map(of)))
        out(`  by ${title.padEnd(8)}  ${String(count).padStart(6)}  ${plainText(text)}\n`)
    for (const { seq, id, subject, action, resource, before, after } of found.slice(0, examples))
      out(
        plainText(`  ${seq}  ${id}  ${subject}  ${action} ${resource}  ${rules(before)} → ${rules(after)}`).concat(
          '\n',
        ),
      )
    if (found.length > examples) out(`  … ${found.length - examples} more: --json lists them\n`)
  }
}

const rules = (side: Difference['before']): string =>
  side.rules.length === 0 ? side.code : `${side.code} (${side.rules.join(', ')})`

function mostFrequent(texts: readonly string[]): readonly (readonly [text: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, perGroup)
}
