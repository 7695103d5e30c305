import { z } from 'zod'

const share = z.number().min(0).max(1)

/**
 * When a candidate takes the place of the active bundle by itself: after so many comparisons and seconds. As soon as more
 * than a share of them differ, or fail where the active bundle answers, it is rolled back.
 */
const promote = z.strictObject({
  asks: z.int().min(1).max(10_000_000).default(1_000),
  after_s: z.int().min(0).max(604_800).default(300),
  max_divergence: share.default(0),
  max_errors: share.default(0),
})

/** `sample`: of the asks that may be compared. `cpu`: of the time, in which one comparison after the other may run. */
const compared = { sample: share.default(1), cpu: z.number().min(0.001).max(1).default(0.1) }

/**
 * How a bundle takes the place of another: `shadow` evaluates it beside the active one on live asks, where it decides
 * nothing, and stays so without `promote`; `canary` lets it decide for a share of subjects.
 */
export const rollout = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('shadow'), ...compared, promote: promote.optional() }),
  z.strictObject({ mode: z.literal('canary'), share: share.default(0.1), ...compared, promote: promote.prefault({}) }),
])
