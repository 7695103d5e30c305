import { expect, test } from 'vitest'
import { runEnvoySoak } from '../../soak/envoy/run.ts'

// The slice of `npm run soak -- envoy` that every run of these tests includes. In so short a time code is still being
// compiled and the heap finds its size, so the bound is looser than the soak's.
test('twenty seconds of calls, a third of them given up: the others are allowed, and memory stays', async () => {
  const { wrong, allowed, aborted, ratio } = await runEnvoySoak(20)
  expect(wrong).toEqual([])
  expect(allowed).toBeGreaterThan(500)
  expect(aborted).toBeGreaterThan(200)
  expect(ratio).toBeLessThan(1.4)
})
