import type { Evaluated } from '../../core/evaluated.ts'
import type { Caller } from '../../core/caller.ts'
import type { DecisionId } from '../../core/frame.ts'
import type { Result } from '../../core/result.ts'
import type { Seconds } from '../../core/time.ts'
import type { Schedule } from '../../net/schedule.ts'
import { compareAnswers, type DifferenceKind } from './compare-answers.ts'
import { type RolloutEvent, type RolloutRules, type RolloutState, stepRollout, watching } from './rollout-state.ts'

/**
 * - `chooses`: the callers that the candidate decides for; absent: none, it is a shadow.
 * - `sample`: the share of asks that are compared. `cpu`: how much of the time at most one comparison after the other runs.
 * - `watchFor`: how long at least. `settled`: told once, when it is promoted or rolled back.
 * - `differed`: told of the first differences, with the decision.
 */
export interface TrialParts {
  readonly rules: RolloutRules
  readonly chooses?: (caller: Caller) => boolean
  readonly sample: number
  readonly cpu: number
  readonly watchFor: Seconds
  readonly settled: (state: RolloutState) => void
  readonly differed: (id: DecisionId, kind: DifferenceKind | 'error') => void
  readonly random: () => number
  readonly schedule: Schedule
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

/** An ask that one of the two bundles has answered. */
export interface Seen {
  readonly id: DecisionId
  readonly answer: Result<Evaluated>
  /** Evaluates it by the other one, which never reaches a caller. */
  readonly other: () => Promise<Result<Evaluated>>
  /** Types of obligations that the service performs. */
  readonly performed: readonly string[]
}

/** A candidate beside the active bundle, on live asks. */
export interface Trial {
  /** Whether the candidate decides for a caller. */
  decides(caller: Caller | undefined): boolean
  /** Whether asks are compared that the active bundle decides. */
  readonly shadows: boolean
  /** Takes note of an answer, after which the caller does not wait. */
  saw(seen: Seen): void
  state(): RolloutState & { readonly skipped: number }
  end(): void
}

const told = 100 // differences, one by one; the others are counted

/**
 * Compares live asks, one after the other and off the path of the answer: what comes while one is compared, or too soon
 * after it, is skipped and counted. An answer that failed is not: it waits for the next turn.
 */
export function createTrial(parts: TrialParts): Trial {
  const { rules, chooses, sample, cpu, watchFor, settled, differed, random, schedule } = parts
  const now = parts.now ?? (() => performance.now())
  let state = watching
  let skipped = 0
  let ended = false
  let busy = false
  let restUntil = Number.NEGATIVE_INFINITY
  let failed: Seen | undefined
  const cancel = schedule(watchFor, () => step('time'))

  function step(event: RolloutEvent): void {
    if (ended) return
    state = stepRollout(state, event, rules)
    if (state.outcome === 'watching') return
    ended = true
    settled(state)
  }

  async function compare({ id, answer, other, performed }: Seen): Promise<void> {
    const began = now()
    const answered = await other()
    const [candidate, active] = chooses ? [answer, answered] : [answered, answer]
    const { outcome, kind } = compareAnswers(candidate, active, performed)
    restUntil = began + (now() - began) / cpu
    if (outcome === 'unknown' || ended) return void skipped++
    step(outcome)
    if (outcome !== 'same' && state.differences + state.errors <= told) differed(id, kind ?? 'error')
  }

  function take(seen: Seen): void {
    busy = true
    setImmediate(() => {
      compare(seen)
        .catch(() => void skipped++)
        .finally(() => {
          busy = false
          const next = failed
          failed = undefined
          if (next && !ended) take(next)
        })
    })
  }

  return {
    decides: (caller) => !ended && caller !== undefined && chooses?.(caller) === true,
    shadows: !chooses,
    saw(seen) {
      if (ended || (sample < 1 && random() >= sample)) return
      if (!busy && now() >= restUntil) take(seen)
      else if (!seen.answer.ok && busy && !failed) failed = seen
      else skipped++
    },
    state: () => ({ ...state, skipped }),
    end() {
      ended = true
      cancel()
    },
  }
}
