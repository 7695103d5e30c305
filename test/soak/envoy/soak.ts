import { runEnvoySoak } from './run.ts'

export interface EnvoySoak {
  readonly seconds: number
  readonly json: boolean
}

const most = 1.05

/** Runs the calls and prints what they left behind. Whether all were allowed that should be, and memory did not grow. */
export async function soakEnvoy({ seconds, json }: EnvoySoak): Promise<boolean> {
  const { wrong, ...report } = await runEnvoySoak(seconds)
  for (const line of wrong.slice(0, 10)) console.log(line)
  console.log(
    `${seconds} s: ${report.allowed} calls allowed, ${report.aborted} given up, ${wrong.length} wrong; resident ${report.second.toFixed(1)} MiB in the second fifth, ${report.last.toFixed(1)} MiB in the last, ratio ${report.ratio.toFixed(3)}`,
  )
  if (json) console.log(JSON.stringify({ ...report, wrong: wrong.length }))
  return wrong.length === 0 && report.aborted > 0 && report.ratio <= most
}
