import { expect, test } from 'vitest'
import { createMemoryLog } from '../../../pdp/audit/memory-log.ts'
import type { Evaluated } from '../../../pdp/core/evaluated.ts'
import type { Result } from '../../../pdp/core/result.ts'
import { createDecide } from '../../../pdp/decide.ts'
import { createVerify } from '../../../pdp/identity/verify.ts'
import { loadBundle } from '../../../pdp/policy/load-bundle.ts'
import { createPolicySet } from '../../../pdp/policy/policy-set.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { firstGateParts } from '../../support/first-gate.ts'
import { bearer, createAsk, svid } from '../../support/world.ts'

// An inline evaluation does not pause: no timer fires while it runs, nor between two of them.

const deadlineMs = 40

test.for([
  ['short', 0, 'ALLOWED', undefined, 20],
  ['long', 25, 'DEADLINE', 'decision-deadline', 2],
] as const)('twenty %s evaluations', async ([, busyMs, code, clause, most]) => {
  const bundle = await loadBundle(await exampleBundle('orders'))
  if (!bundle.ok) throw new Error(bundle.detail)
  let evaluations = 0
  const policies = createPolicySet({
    decorate: (policy) => ({
      identity: policy.identity,
      async evaluate(input, frame): Promise<Result<Evaluated>> {
        evaluations++
        for (const until = performance.now() + busyMs; performance.now() < until; );
        return policy.evaluate(input, frame)
      },
    }),
  })
  policies.activate('orders', bundle.value)
  const decide = createDecide({
    open: () => frameAt(noon, busyMs === 0 ? 60_000 : deadlineMs),
    policies,
    verify: createVerify(firstGateParts()),
    log: createMemoryLog(),
  })
  const ask = createAsk({ headers: bearer(svid()) })
  const [question] = ask.questions
  const decision = await decide({ ...ask, questions: [question, ...Array.from({ length: 19 }, () => question)] })
  expect(decision).toMatchObject({ code, ...(clause && { clause }) })
  expect(evaluations).toBeLessThanOrEqual(most)
})
