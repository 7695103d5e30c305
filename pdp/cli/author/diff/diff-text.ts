import type { DecisionChange, SideDifferences } from './compare-sides.ts'

const mostListed = 50
const longestValue = 80

/** Differences for people: what changed in what is decided comes last, where it is seen. */
export function diffText({ module, rules, entrypoints, data, cases, decisions }: SideDifferences): string {
  const lines = [
    ...(rules ?? []).map(({ rule, change, place }) => `${change.padEnd(7)} rule ${rule}  ${place}`),
    ...(module && !rules ? ['the compiled rules differ; compare definitions to see which'] : []),
    ...entrypoints.added.map((name) => `added   entrypoint ${name}`),
    ...entrypoints.removed.map((name) => `removed entrypoint ${name}`),
    ...data
      .slice(0, mostListed)
      .map(({ pointer, from, to }) => `data ${pointer === '' ? '/' : pointer}: ${shown(from)} → ${shown(to)}`),
    ...(data.length > mostListed ? [`data: ${data.length - mostListed} more: --json lists them`] : []),
  ]
  for (const kind of ['reasons', 'allow→deny', 'deny→allow'] as const) {
    const found = decisions.filter((each) => each.kind === kind)
    if (found.length === 0) continue
    lines.push(`${kind}: ${found.length}`)
    for (const [rule, names] of byRule(found))
      lines.push(
        `  ${String(names.length).padStart(6)}  ${rule}  ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`,
      )
  }
  lines.push(`${decisions.length} of ${cases} decisions differ`)
  return `${lines.join('\n')}\n`
}

function byRule(changes: readonly DecisionChange[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const { name, before, after } of changes) {
    const rule = `${before.join(' ') || 'no reason'} → ${after.join(' ') || 'no reason'}`
    groups.set(rule, [...(groups.get(rule) ?? []), name])
  }
  return groups
}

function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value)
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}
