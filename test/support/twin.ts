import { expect } from 'vitest'
import type { Code } from '../../pdp/core/codes.ts'
import type { Result } from '../../pdp/core/result.ts'

/** What a refusal must be: the code readers act on, and the one check that failed. */
export interface ExpectedRefusal {
  readonly code: Code
  readonly clause: string
}

/**
 * Runs the twin first, which must be accepted, then the ask that differs from it in the named defect alone: a refusal
 * that its twin shares would prove nothing about the defect.
 */
export async function refusesOnly<T>(
  check: (subject: T) => Result<unknown> | Promise<Result<unknown>>,
  twin: T,
  defect: T,
  expected: ExpectedRefusal,
): Promise<void> {
  const accepted = await check(twin)
  expect(accepted, 'the twin without the defect must be accepted').toMatchObject({ ok: true })
  const refused = await check(defect)
  expect(refused).toMatchObject({ ok: false, ...expected })
}
