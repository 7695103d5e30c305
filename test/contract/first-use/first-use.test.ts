import { createMemoryFirstUse } from '../../../pdp/first-use/memory-store.ts'
import { testFirstUse } from '../../support/first-use-contract.ts'
import { testFirstUseModel } from '../../support/first-use-model.ts'

testFirstUse('memory', (startedAt) => createMemoryFirstUse({ startedAt, maximum: 10_000 }))
testFirstUseModel('memory', (startedAt, maximum) => createMemoryFirstUse({ startedAt, maximum }), {
  bounded: true,
  runs: 600,
})
