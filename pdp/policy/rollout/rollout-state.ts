/**
 * When a candidate takes the place of the active bundle, and when it does not: after `asks` comparisons and the time that is
 * told by `time`, unless more than a share of the comparisons differed or failed. `promotes`: false: it is watched and nothing else.
 */
export interface RolloutRules {
  readonly promotes: boolean
  readonly asks: number
  readonly maxDivergence: number
  readonly maxErrors: number
}

/** How a candidate does. `timeIsUp`: it was watched for as long as it must be. */
export interface RolloutState {
  readonly outcome: 'watching' | 'promoted' | 'rolled-back'
  readonly compared: number
  readonly differences: number
  readonly errors: number
  readonly timeIsUp: boolean
}

/** An ask that both answered the same, or not; that the candidate alone failed at; or the time that it must be watched for is up. */
export type RolloutEvent = 'same' | 'differs' | 'error' | 'time'

export const watching: RolloutState = { outcome: 'watching', compared: 0, differences: 0, errors: 0, timeIsUp: false }

/**
 * What comes of an event. A candidate is rolled back as soon as it can no longer keep to its shares; an end is an end. Of
 * every promoted one therefore: it was compared `asks` times or more, and kept to both shares of all comparisons.
 */
export function stepRollout(state: RolloutState, event: RolloutEvent, rules: RolloutRules): RolloutState {
  if (state.outcome !== 'watching') return state
  const compared = state.compared + (event === 'time' ? 0 : 1)
  const next: RolloutState = {
    outcome: 'watching',
    compared,
    differences: state.differences + (event === 'differs' ? 1 : 0),
    errors: state.errors + (event === 'error' ? 1 : 0),
    timeIsUp: state.timeIsUp || event === 'time',
  }
  if (!rules.promotes) return next
  const judged = Math.max(compared, rules.asks)
  if (next.differences > rules.maxDivergence * judged || next.errors > rules.maxErrors * judged)
    return { ...next, outcome: 'rolled-back' }
  return next.timeIsUp && compared >= rules.asks ? { ...next, outcome: 'promoted' } : next
}
