import { expect, test } from 'vitest'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { packBundle } from '../../../pdp/policy/pack-bundle.ts'
import { frameAt } from '../../support/clock.ts'
import { compileTestPolicy, inputWith, policyOf } from '../../unit/policy/test-policy.ts'

const rego = 'package t\n\ndecision := data.t.answer == input.context.answer\n'

test.for([
  ['many small objects', Array.from({ length: 100_000 }, (_, i) => ({ id: `k${i}`, on: true }))],
  ['the shape that costs most', Array.from({ length: 500_000 }, () => ({}))],
] as const)('data of megabytes is answered from: %s', async ([, more]) => {
  const parts = await compileTestPolicy({ rego })
  const archive = packBundle({ ...parts, data: { t: { answer: 42, more } } })
  const loaded = await loadBundle(archive, { limits: { ratio: 2000 } })
  if (!loaded.ok) throw new Error(`the bundle is refused: ${loaded.detail}`)
  const bundle = loaded.value
  expect(await policyOf(bundle).evaluate(inputWith({ answer: 42 }), frameAt())).toMatchObject({
    value: { allow: true },
  })
  expect(await policyOf(bundle).evaluate(inputWith({ answer: 43 }), frameAt())).toMatchObject({
    value: { allow: false },
  })
})
