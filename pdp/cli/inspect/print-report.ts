import type { InspectReport } from './report.ts'

const marks = { passed: 'ok', refused: 'NO', 'not reached': '-', unknown: '?' } as const

/** The report as text for people: the verdict first, then every check in the order of the gate. */
export function printReport(report: InspectReport): string {
  const { verdict, code, clause, detail, verifier, service, checks, subject, attested, delegation, raise } = report
  const lines = [
    `${verdict} for ${service}${verifier === undefined ? '' : ` by ${verifier}`}${subject ? `: ${subject.id}` : ''}`,
    ...(verdict === 'refused' ? [`  ${code} ${clause ?? ''}: ${detail ?? ''}`] : []),
    '',
  ]
  for (const { check, result, expected, got } of checks) {
    const compared = result === 'passed' || result === 'refused'
    lines.push(`  ${marks[result].padEnd(2)} ${check}`)
    if (compared && expected !== undefined) lines.push(`       expected ${expected}`)
    if (compared && got !== undefined) lines.push(`       got      ${got}`)
  }
  lines.push('')
  if (subject) {
    const { level, possession, audience_bound, attested: vouched, lifetime_s, age_s } = subject.assurance
    lines.push(
      `assurance ${level}: possession ${possession}, ${audience_bound ? 'one audience' : 'several audiences'}, ${vouched ? 'attested' : 'not attested'}, issued ${age_s} s ago for ${lifetime_s} s`,
    )
  }
  for (const [name, value] of Object.entries(attested ?? {})) lines.push(`attested ${name}: ${value}`)
  for (const id of delegation ?? []) lines.push(`on behalf of ${id}`)
  if (raise.length > 0) lines.push('to raise its assurance:', ...raise.map((step) => `  - ${step}`))
  lines.push(`not checked here: ${report.unchecked.join('; ')}`)
  return `${lines.join('\n').replaceAll(/[^\x20-\x7e\n…]/g, '?')}\n`
}
