import { sha256 } from '../core/digest.ts'
import { changeJson, readChange, type RevocationChange } from './change.ts'

/** One line of the journal: a change, and the epoch that the fleet was known to have reached when it was written. */
export interface JournalEntry {
  readonly epoch: number
  readonly change: RevocationChange
}

// A line is: checksum, number of the line, epoch, JSON of the change. The checksum covers the number, so that a line
// that is lost, doubled or moved is found as surely as one that was altered. It is no MAC: whoever can write to the
// folder can write what they like there.

const checkOf = (rest: string): string => sha256(rest).slice(0, 32)

/** The text of line `n`, with its line end. */
export function journalLine(n: number, { epoch, change }: JournalEntry): string {
  const rest = `${n} ${epoch} ${JSON.stringify(changeJson(change))}`
  return `${checkOf(rest)} ${rest}\n`
}

/** Reads line `n`, without its line end; undefined where it is not what was written. */
export function readJournalLine(n: number, line: string): JournalEntry | undefined {
  const [, check, rest = '', number, epoch, json = ''] = /^([0-9a-f]{32}) (([0-9]+) ([0-9]+) (.*))$/s.exec(line) ?? []
  if (check === undefined || check !== checkOf(rest) || Number(number) !== n) return undefined
  const change = readChange(json)
  return change.ok ? { epoch: Number(epoch), change: change.value } : undefined
}
