import { expect, test } from 'vitest'
import { createPolicySet } from '../../../pdp/policy/policy-set.ts'
import { frameAt } from '../../support/clock.ts'
import { inputWith, loadTestBundle, testService } from './test-policy.ts'

const source = (answer: boolean) => ({ rego: `package t\n\ndecision := ${answer}\n` })

test('nothing is active before a bundle is, nor for an entrypoint it lacks', async () => {
  const set = createPolicySet()
  expect(await set.active(testService)).toBeUndefined()
  set.activate('t', await loadTestBundle(source(true)))
  expect(await set.active(testService)).toBeDefined()
  expect(await set.active({ ...testService, entrypoint: 't/other' })).toBeUndefined()
  expect(await set.active({ ...testService, policy: 'other' })).toBeUndefined()
})

test('a swap changes new asks and leaves a policy that was taken as it was', async () => {
  const set = createPolicySet()
  const first = await loadTestBundle(source(true))
  expect(set.activate('t', first)).toEqual({ bundle: 't', revision: 'test-1', digest: `sha256:${first.digest}` })
  const taken = await set.active(testService)
  set.activate('t', await loadTestBundle(source(false)))
  expect(await taken?.evaluate(inputWith(), frameAt())).toMatchObject({ value: { allow: true } })
  expect(await (await set.active(testService))?.evaluate(inputWith(), frameAt())).toMatchObject({
    value: { allow: false },
  })
  expect(taken?.identity.digest).toBe(`sha256:${first.digest}`)
})
