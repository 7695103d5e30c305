import { performance } from 'node:perf_hooks'
import { type LimboCase, type LimboOutcome, runLimboCase } from './limbo-case.ts'

/**
 * What the suite tags and this validator does not do, each with its reason. A wrong verdict in a case of such a tag
 * counts as unsupported.
 */
const unsupportedFeatures: Readonly<Record<string, string>> = {
  'pedantic-public-suffix-wildcard': 'needs the public suffix list; callers are not known by wildcards here',
  'pedantic-webpki-eku': 'RFC 5280 permits a leaf without purposes, or for any, and the suite has cases for both',
}

/** The longest that one case may take, in milliseconds of the CPU. */
export const slowest = 200

/** How a case was judged. `cpu`: milliseconds. */
export interface JudgedCase {
  readonly id: string
  readonly outcome: LimboOutcome
  readonly verdict: 'right' | 'false-accept' | 'false-reject' | 'unsupported'
  readonly cpu: number
}

/** Runs one case. The present is `now` where the case names no time. */
export function judgeLimbo(one: LimboCase, now: number): JudgedCase {
  const before = process.cpuUsage()
  const started = performance.now()
  const outcome = runLimboCase(one, now)
  const { user, system } = process.cpuUsage(before)
  // the processor's time counts other threads, the clock counts other processes: the lesser of both is nearer
  const cpu = Math.min((user + system) / 1000, performance.now() - started)
  return { id: one.id, outcome, verdict: verdictOf(one, outcome), cpu }
}

function verdictOf({ expected_result, features }: LimboCase, { accepted }: LimboOutcome): JudgedCase['verdict'] {
  if (accepted === (expected_result === 'SUCCESS')) return 'right'
  if (features.some((feature) => Object.hasOwn(unsupportedFeatures, feature))) return 'unsupported'
  return accepted ? 'false-accept' : 'false-reject'
}
