import type { RowResult } from './run-row.ts'

/** Paints text; the plain one leaves it as it is. */
export type Paint = (style: 'bold' | 'dim' | 'green' | 'red', text: string) => string

/** Rows of one group that were run. */
export interface GroupResult {
  readonly title: string
  readonly rows: readonly RowResult[]
}

/** The table of what was asked, decided and why; what came out otherwise than expected is marked and told. */
export function table(groups: readonly GroupResult[], paint: Paint): string {
  const rows = groups.flatMap((group) => group.rows)
  const widths = {
    asked: widest(rows.map(({ row }) => row.asked)),
    code: widest(rows.map(({ outcome }) => outcome.code)),
  }
  let number = 0
  const lines = groups.flatMap(({ title, rows }) => [
    paint('bold', title),
    ...rows.flatMap((result) => rowLines(++number, result, widths, paint)),
    '',
  ])
  const good = rows.filter((result) => result.good).length
  return `${lines.join('\n')}\n${good} of ${rows.length} rows as expected\n`
}

const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length))

function rowLines(
  number: number,
  { row, outcome, good }: RowResult,
  widths: { readonly asked: number; readonly code: number },
  paint: Paint,
): readonly string[] {
  const { decided, code, why, says } = outcome
  const columns = [
    String(number).padStart(2),
    row.asked.padEnd(widths.asked),
    paint(decided === 'allow' ? 'green' : 'red', decided.padEnd(5)),
    code.padEnd(widths.code),
    `${why} ${paint('dim', `· ${says}`)}`,
  ]
  const { expected } = row
  return good
    ? [columns.join('  ')]
    : [columns.join('  '), paint('red', `    not as expected: ${expected.decided} ${expected.code} ${expected.why}`)]
}
