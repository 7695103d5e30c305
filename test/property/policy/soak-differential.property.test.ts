import { expect, test } from 'vitest'
import { runDifferential } from '../../soak/differential/run.ts'
import { lineOf, sum, textOf } from '../../soak/differential/tally.ts'

// The slice of `npm run soak -- differential` that every run of the tests includes.

const seed = 20_260_302

test('our engine answers as the SDK does on the module, and as the interpreter does on the source', async () => {
  const evaluations = { sdk: 200_000, interpreter: 20_000 }
  const { planted, sdk, interpreter } = await runDifferential({ seed, seconds: 8, evaluations })
  console.log(`${planted}\nagainst the npm SDK: ${lineOf(sdk)}\nagainst topdown: ${lineOf(interpreter)}`)
  const { differences, defined, undefined: none, errors } = sum([sdk, interpreter])
  expect(differences.map(textOf)).toEqual([])
  expect(Math.min(defined, none)).toBeGreaterThan(200)
  expect(errors).toBeGreaterThan(100)
}, 300_000)
