import { plants } from './plants.ts'
import { type FleetReport, runFleet } from './run.ts'

export interface FleetSoak {
  readonly seconds: number
  readonly seed: number
  readonly json: boolean
}

const plantedSeconds = 8

/** The planted faults that a run did not find. */
export async function missedPlants(seed: number, tell: (line: string) => void): Promise<readonly string[]> {
  const missed: string[] = []
  for (const [name, { plant, found }] of Object.entries(plants)) {
    const { violations } = await runFleet({ seconds: plantedSeconds, seed, plant, faults: false })
    const finds = violations.filter((violation) => found.test(violation))
    tell(`planted, ${name}: found ${finds.length} times`)
    if (finds.length === 0) missed.push(name)
  }
  return missed
}

/** Finds the planted faults, then none. Prints what was seen; whether all is well. */
export async function soakFleet({ seconds, seed, json }: FleetSoak): Promise<boolean> {
  const tell = (line: string) => console.log(line)
  tell(`seed ${seed}`)
  const missed = await missedPlants(seed, tell)
  const report = await runFleet({ seconds, seed, faults: true })
  tellReport(report, tell)
  const { asks, revocations, faults, violations } = report
  const counts = { asks, revocations, faults: faults.length, violations: violations.length }
  console.log(json ? JSON.stringify({ ...counts, seed, races: report.races, missed }) : JSON.stringify(counts))
  return violations.length === 0 && missed.length === 0
}

export function tellReport({ races, codes, faults, violations }: FleetReport, tell: (line: string) => void): void {
  tell(`asks that raced a revocation of their subject: ${races}`)
  tell(`answers: ${JSON.stringify(codes)}`)
  tell(
    `faults: ${JSON.stringify(Object.fromEntries([...Map.groupBy(faults, (name) => name)].map(([name, all]) => [name, all.length])))}`,
  )
  for (const violation of violations.slice(0, 20)) tell(`VIOLATION ${violation}`)
}
