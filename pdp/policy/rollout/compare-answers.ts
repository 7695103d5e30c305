import { type Verdict, verdictOf } from '../../core/draft.ts'
import type { Evaluated } from '../../core/evaluated.ts'
import type { Result } from '../../core/result.ts'
import { isolatedClauses } from '../isolated/isolated-policy.ts'

/** How the answers of two bundles to one question compare; `kind` says what a difference is. */
export type Comparison =
  | { readonly outcome: 'same' | 'error' | 'unknown'; readonly kind?: undefined }
  | { readonly outcome: 'differs'; readonly kind: DifferenceKind }

/** `answer`: the same code, with other obligations, headers, status or challenge. */
export type DifferenceKind = 'allow→deny' | 'deny→allow' | 'code' | 'answer'

/** What is a fault of the machine and says nothing of a policy. */
const faults: readonly string[] = [isolatedClauses.waited, isolatedClauses.overloaded, isolatedClauses.unavailable]

/** What a policy did not answer. */
const failures: readonly string[] = ['POLICY_ERROR', 'POLICY_UNDEFINED', 'DEADLINE']

/**
 * Compares what a candidate answers with what the active bundle does, as far as an enforcement point or a caller sees it:
 * texts of reasons may differ. `unknown` where one was not evaluated, or the active one alone failed.
 */
export function compareAnswers(
  candidate: Result<Evaluated>,
  active: Result<Evaluated>,
  performed: readonly string[],
): Comparison {
  const [next, now] = [verdictOf(candidate, performed), verdictOf(active, performed)]
  if (faults.includes(next.clause) || faults.includes(now.clause)) return { outcome: 'unknown' }
  const [nextFails, nowFails] = [failures.includes(next.code), failures.includes(now.code)]
  if (nextFails && nowFails) return { outcome: 'same' }
  if (nowFails) return { outcome: 'unknown' }
  if (nextFails) return { outcome: 'error' }
  if (next.code !== now.code) return { outcome: 'differs', kind: kindOf(now, next) }
  return seen(next) === seen(now) ? { outcome: 'same' } : { outcome: 'differs', kind: 'answer' }
}

function kindOf(before: Verdict, after: Verdict): DifferenceKind {
  if (before.code === 'ALLOWED') return 'allow→deny'
  return after.code === 'ALLOWED' ? 'deny→allow' : 'code'
}

function seen({ evaluated, challenge }: Verdict): string {
  const { obligations, status, requestHeaders, responseHeaders, reply } = evaluated ?? {}
  return JSON.stringify([obligations, status, requestHeaders, responseHeaders, reply, challenge])
}
