import { expect, test } from 'vitest'
import { seconds } from '../../../pdp/core/time.ts'
import { refreshDelay } from '../../../pdp/net/refresh-delay.ts'

test.each([
  [0, 270, 330],
  [1, 0.5, 1],
  [2, 1, 2],
  [9, 128, 256],
  [10, 150, 300],
  [2000, 150, 300],
])('after %d failures it is from %d to %d s', (failures, least, most) => {
  expect(refreshDelay(failures, seconds(300), () => 0)).toBe(least)
  expect(refreshDelay(failures, seconds(300), () => 1)).toBeCloseTo(most)
})
