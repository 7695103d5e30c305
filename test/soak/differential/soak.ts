import { runDifferential } from './run.ts'
import { lineOf, sum, textOf } from './tally.ts'

export interface DifferentialSoak {
  readonly seed: number
  /** Absent: until a million evaluations are compared. */
  readonly seconds?: number
  readonly json: boolean
}

const least = 1_000

/** Runs the comparison and prints what it saw. Whether all was well: no difference, and enough of every kind of answer. */
export async function soakDifferential({ seed, seconds = 3_600, json }: DifferentialSoak): Promise<boolean> {
  const { planted, sdk, interpreter } = await runDifferential({
    seed,
    seconds,
    evaluations: { sdk: 1_000_000, interpreter: 50_000 },
  })
  const total = sum([sdk, interpreter])
  console.log(planted)
  console.log(`against the npm SDK, seed ${seed}: ${lineOf(sdk)}`)
  console.log(`against topdown, seed ${seed}: ${lineOf(interpreter)}`)
  for (const difference of total.differences) console.log(textOf(difference))
  if (json) {
    const { evaluations, defined, undefined: none, errors } = total
    console.log(
      JSON.stringify({ evaluations, defined, undefined: none, errors, differences: total.differences.length }),
    )
  }
  return total.differences.length === 0 && Math.min(total.defined, total.undefined, total.errors) >= least
}
