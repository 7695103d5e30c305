import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { runMemory } from './run.ts'

export interface MemorySoak {
  readonly evaluations: number
  readonly json: boolean
}

const most = 1.05

/** Runs the evaluations and prints what they left behind. Whether that was nothing, but for what is noise. */
export async function soakMemory({ evaluations, json }: MemorySoak): Promise<boolean> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc') // the flag shows itself only in contexts made after it was set
  const report = await runMemory(evaluations, collect)
  const mega = (bytes: number): string => (bytes / 1_048_576).toFixed(1)
  console.log(
    `${report.evaluations} evaluations, ${report.aborted} of them aborted: resident ${mega(report.second)} MiB in the second fifth, ${mega(report.last)} MiB in the last, ratio ${report.ratio.toFixed(3)}`,
  )
  if (json) console.log(JSON.stringify(report))
  return report.ratio <= most
}
