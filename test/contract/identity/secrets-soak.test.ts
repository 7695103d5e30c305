import { expect, test } from 'vitest'
import { findPlanted, isLeak } from '../../soak/secrets/soak.ts'

// A slice of `npm run soak -- secrets`: the comparison of times finds a verifier that does no work for ids it does not know.
test('a difference that was planted is found', async () => {
  expect(isLeak(await findPlanted(2_000))).toBe(true)
})
