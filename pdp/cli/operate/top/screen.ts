import type { Terminal } from '../../terminal.ts'

const enter = '\u001b[?1049h\u001b[?25l' // the other screen of the terminal, without a cursor
const leave = '\u001b[?25h\u001b[?1049l'
const home = '\u001b[H'
const restOfLine = '\u001b[K'
const restOfScreen = '\u001b[J'

/** Where blocks of lines are shown. */
export interface Screen {
  readonly columns: () => number
  show(lines: readonly string[]): void
  /** Leaves the terminal as it was. */
  end(): void
}

/** A terminal, on which each block takes the place of the one before. */
export function openScreen(out: Terminal['out'], size: NonNullable<Terminal['screen']>): Screen {
  out(enter)
  return {
    columns: () => size().columns,
    show(lines) {
      const shown = lines.slice(0, Math.max(1, size().rows - 1))
      out(`${home}${shown.map((line) => `${line.slice(0, size().columns)}${restOfLine}\n`).join('')}${restOfScreen}`)
    },
    end: () => out(leave),
  }
}

const plainColumns = 120

/** Anything else, to which blocks are printed one after another. */
export const plainScreen = (out: Terminal['out']): Screen => ({
  columns: () => plainColumns,
  show: (lines) => out(`${lines.join('\n')}\n\n`),
  end: () => undefined,
})
