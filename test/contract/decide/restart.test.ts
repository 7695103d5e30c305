import { expect, test } from 'vitest'
import { plus, seconds } from '../../../pdp/core/time.ts'
import { createMemoryFirstUse } from '../../../pdp/first-use/memory-store.ts'
import { frameAt, noon } from '../../support/clock.ts'
import { createFirstGate } from '../../support/first-gate.ts'
import { boundToken, createAsk, dpop, dpopProof } from '../../support/world.ts'

const after = (length: number) => plus(noon, seconds(length))

/** An ask with a proof made at that time. */
const askWith = (made: ReturnType<typeof after>) => {
  const token = boundToken()
  return createAsk({ headers: dpop(token, dpopProof(token, { now: made })) })
}

test('a proof issued before a restart is refused until its window has passed; one issued after it is taken', async () => {
  const gate = createFirstGate({
    firstUse: createMemoryFirstUse({ startedAt: noon, leeway: seconds(5), maximum: 1_000 }),
  })
  expect(await gate(askWith(after(6)), frameAt(after(6))), 'the twin, issued after the start').toMatchObject({
    ok: true,
  })
  const before = askWith(after(-10))
  for (const later of [0, 1, 30, 54]) {
    expect(await gate(before, frameAt(after(later)))).toMatchObject({
      ok: false,
      code: 'FIRST_USE_UNAVAILABLE',
      clause: 'first-use-known',
    })
  }
  expect(await gate(before, frameAt(after(56))), 'and then it is too old').toMatchObject({
    ok: false,
    code: 'PROOF_INVALID',
  })
})
