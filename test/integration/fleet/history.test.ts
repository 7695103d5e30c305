import { expect, test } from 'vitest'
import { missedPlants, tellReport } from '../../fleet/soak.ts'
import { runFleet } from '../../fleet/run.ts'

// Twenty seconds of `npm run test:fleet` with a fixed seed; ten minutes are `npm run soak -- fleet`.

const tell = (line: string) => console.log(line)

test('the checker finds each planted fault', async () => {
  expect(await missedPlants(11, tell)).toEqual([])
})

test('three instances, random operations and faults: nothing revoked is let in, no answer differs, no proof counts twice', async () => {
  const report = await runFleet({ seconds: 20, seed: 11, faults: true })
  tellReport(report, tell)
  expect(report.violations).toEqual([])
  expect(report.races).toBeGreaterThan(1_000)
  expect(report.faults.length).toBeGreaterThan(2)
})
