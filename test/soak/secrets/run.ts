import type { Ask } from '../../../pdp/core/ask.ts'
import type { Verify } from '../../../pdp/identity/verify.ts'
import { frameAt } from '../../support/clock.ts'

/** What became of the comparison of two kinds of asks: how often each was measured, and how far apart they are. */
export interface Comparison {
  readonly samples: number
  /** Welch's t of the two means, after the slowest of both were left out. */
  readonly t: number
  /** Microseconds of the mean of each. */
  readonly means: readonly [number, number]
}

const kept = 0.9 // the slowest tell of the machine: garbage, interrupts

/**
 * Times asks of two kinds in turn, in an order that changes at random, and compares their means (Welch's t-test, as leakage is
 * commonly assessed: |t| above 4.5 over many samples tells them apart).
 */
export async function compareTimes(
  verify: Verify,
  [a, b]: readonly [readonly Ask[], readonly Ask[]],
  { samples, random }: { readonly samples: number; readonly random: () => number },
): Promise<Comparison> {
  const frame = frameAt()
  const times: readonly [number[], number[]] = [[], []]
  for (let i = 0; i < samples; i++) {
    const order = random() < 0.5 ? ([0, 1] as const) : ([1, 0] as const)
    for (const kind of order) {
      const asks = kind === 0 ? a : b
      const ask = asks[i % asks.length]
      if (!ask) throw new Error('there is nothing to ask')
      const before = process.hrtime.bigint()
      await verify(ask, frame)
      times[kind].push(Number(process.hrtime.bigint() - before) / 1_000)
    }
  }
  const [one, two] = times.map((each) => momentsOf(each.toSorted((x, y) => x - y).slice(0, Math.floor(samples * kept))))
  if (!one || !two) throw new Error('nothing was measured')
  const t = (one.mean - two.mean) / Math.sqrt(one.variance / one.count + two.variance / two.count)
  return { samples, t, means: [one.mean, two.mean] }
}

function momentsOf(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  return { count: values.length, mean, variance }
}
