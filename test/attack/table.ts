import type { Result, Row } from './run.ts'

/** The result for people: a table for each thing that is attacked, then what it comes to. */
export function printTable({ rows, not_asked, missing, good }: Result): string {
  const names = Object.keys(rows[0]?.peers ?? {})
  const lines = [...new Set(rows.map(({ on }) => on))].flatMap((on) => [
    '',
    `attacks on ${on}${not_asked[on] === undefined ? '' : ` (peers: n/a, ${not_asked[on]})`}`,
    columns('attack', 'known from', ['Sallyport', ...names], 'refused by'),
    ...rows.filter((row) => row.on === on).map((row) => lineOf(row, names)),
  ])
  const counts = names.map((name) => {
    const words = rows.map(({ peers }) => peers[name])
    const count = (word: string) => words.filter((each) => each === word).length
    return `${name}: ${count('DENY')} of ${count('DENY') + count('ALLOW')} refused, ${count('n/a')} n/a`
  })
  const refused = rows.filter(({ sallyport }) => sallyport === 'DENY').length
  const wrong = rows.filter(({ as_meant }) => !as_meant).map(({ id }) => `not as meant: ${id}`)
  const verdict = good ? 'every twin without the defect was allowed' : 'SOMETHING IS WRONG'
  return [
    ...lines,
    '',
    `Sallyport: ${refused} of ${rows.length} refused · ${counts.join(' · ')}`,
    ...missing,
    ...wrong,
    verdict,
  ].join('\n')
}

const lineOf = (row: Row, names: readonly string[]): string =>
  columns(
    row.name,
    row.source,
    [row.sallyport, ...names.map((name) => row.peers[name] ?? '')],
    `${row.code} ${row.clause}`,
  )

const columns = (name: string, source: string, words: readonly string[], by: string): string =>
  `  ${name.slice(0, 64).padEnd(64)}  ${source.padEnd(24)}  ${words.map((word) => word.padEnd(9)).join('  ')}  ${by}`.trimEnd()
