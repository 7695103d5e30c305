import { median } from './measure/median.ts'
import type { Work } from './works.ts'

/** What a round measured. */
export interface Figure {
  /** The title of the work; undefined for a figure that is of no work. */
  readonly work: string | undefined
  /** The server, or what else was measured. */
  readonly of: string
  /** CPU µs per request. */
  readonly us: number
}

/** One line of the result. `ratio` is how many times ours the peer costs. */
export interface Row {
  readonly work: string
  readonly ours_us: number
  readonly peer: string
  readonly peer_us: number
  readonly ratio: number
}

export const verification = 'one P-256 verification'

/** The medians, side by side: ours with each peer that did the same work, and with one verification where that is due. */
export function rowsOf(works: readonly Work[], ours: string, figures: readonly Figure[]): readonly Row[] {
  return works.flatMap(({ title, signatures }) => {
    const own = medianOf(figures, title, ours)
    const names = new Set(figures.filter(({ work, of }) => work === title && of !== ours).map(({ of }) => of))
    const peers = [...names].map((peer) => ({ peer, us: medianOf(figures, title, peer) }))
    const bounds = signatures ? [{ peer: verification, us: medianOf(figures, undefined, verification) }] : []
    return [...peers, ...bounds].map(({ peer, us }) => ({
      work: title,
      ours_us: round(own, 1),
      peer,
      peer_us: round(us, 1),
      ratio: round(us / own, 2),
    }))
  })
}

const medianOf = (figures: readonly Figure[], work: string | undefined, of: string): number =>
  median(figures.filter((figure) => figure.work === work && figure.of === of).map(({ us }) => us))

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

/** The rows for a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ work, ours_us, peer, peer_us, ratio }) => [
    work,
    ours_us.toFixed(1),
    peer,
    peer_us.toFixed(1),
    `${ratio.toFixed(2)}×`,
  ])
  const lines = [['work', 'ours µs', 'peer', 'peer µs', 'peer / ours'], ...cells]
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? []
  const isNumber = [false, true, false, true, true]
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
