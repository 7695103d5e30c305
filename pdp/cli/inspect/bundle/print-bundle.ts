import type { BundleReport } from './bundle-report.ts'

const marks = { passed: 'ok', refused: 'NO', 'not checked': '-' } as const
const widest = 200

/** The report as text for people: the verdict first, then every check. */
export function printBundle({ verdict, clause, detail, digest, bytes, kind, checks }: BundleReport): string {
  const lines = [
    `${verdict}: ${kind} of ${bytes} bytes, ${digest}`,
    ...(clause === undefined ? [] : [`  ${clause}: ${detail ?? ''}`]),
    '',
    ...checks.flatMap(({ check, result, expected, got }) => [
      `  ${marks[result].padEnd(2)} ${check}${result === 'not checked' ? ' (not checked)' : ''}`,
      `       expected ${cut(expected)}`,
      `       got      ${cut(got)}`,
    ]),
  ]
  return `${lines.join('\n').replaceAll(/[^\x20-\x7e\n…’]/g, '?')}\n`
}

const cut = (text: string): string => (text.length > widest ? `${text.slice(0, widest)}…` : text)
