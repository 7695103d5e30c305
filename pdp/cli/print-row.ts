import type { Terminal } from './terminal.ts'

/** Prints one thing that a command has to say: for people, or with `--json` as one JSON object a line. */
export function printRow(out: Terminal['out'], json: boolean | undefined, row: object, text: string): void {
  out(json === true ? `${JSON.stringify(row)}\n` : `${text}\n`)
}
