import type { OwnAnswer, PeerAnswer } from './answer.ts'

/** Two engines that do not agree; with the input it can be seen again. */
export interface Difference {
  readonly subject: string
  readonly peer: string
  /** The seed of the turn in which it was found. */
  readonly seed: number
  readonly input: string
  readonly ours: OwnAnswer
  readonly theirs: PeerAnswer
}

/** How often each kind of answer of ours was compared, by peer. */
export interface Tally {
  evaluations: number
  defined: number
  undefined: number
  errors: number
  /** Where lists and texts hold the same in the order of compiled sets: see {@link agrees}. */
  reordered: number
  readonly differences: Difference[]
}

export const newTally = (): Tally => ({
  evaluations: 0,
  defined: 0,
  undefined: 0,
  errors: 0,
  reordered: 0,
  differences: [],
})

/** Counts one comparison by what we answered. */
export function count(tally: Tally, ours: OwnAnswer): void {
  tally.evaluations++
  if (ours.kind === 'error') tally.errors++
  else if (ours.values.length === 0) tally.undefined++
  else tally.defined++
}

export function sum(tallies: readonly Tally[]): Tally {
  const total = newTally()
  for (const tally of tallies) {
    total.evaluations += tally.evaluations
    total.defined += tally.defined
    total.undefined += tally.undefined
    total.errors += tally.errors
    total.reordered += tally.reordered
    total.differences.push(...tally.differences)
  }
  return total
}

export function lineOf({ evaluations, defined, undefined: none, errors, reordered, differences }: Tally): string {
  const counts = `${evaluations} evaluations: ${defined} defined, ${none} undefined, ${errors} errors`
  const aside = reordered > 0 ? ` (aside: ${reordered} with lists or texts in the order of compiled sets)` : ''
  return `${counts}; ${differences.length} differences${aside}`
}

export function textOf({ subject, peer, seed, input, ours, theirs }: Difference): string {
  const said = (answer: OwnAnswer | PeerAnswer): string => JSON.stringify(answer).slice(0, 600)
  return `${subject} against ${peer}, seed ${seed}\n  input ${input}\n  ours ${said(ours)}\n  theirs ${said(theirs)}`
}
