import type { TraceContext } from '../core/trace-context.ts'

/** How it is chosen what is recorded; the samplers are those of OpenTelemetry's specification. */
export interface Sampling {
  readonly sampler:
    | 'always_on'
    | 'always_off'
    | 'traceidratio'
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio'
  readonly ratio: number
  /** Whose word counts, where the parent is asked; a request that is asked about is written by anyone. */
  readonly follow: 'pep' | 'any'
}

/**
 * Whether a call is recorded. `random` between 0 and 1. The id of a trace decides only where its parent counts: an outsider
 * who could choose by it would have all of its calls recorded.
 */
export function isSampled(
  { sampler, ratio, follow }: Sampling,
  parent: TraceContext | undefined,
  random: () => number,
): boolean {
  const trusted = parent && (parent.from === 'pep' || follow === 'any') ? parent : undefined
  if (trusted && sampler.startsWith('parentbased_')) return trusted.sampled === true
  switch (sampler) {
    case 'always_on':
    case 'parentbased_always_on':
      return true
    case 'always_off':
    case 'parentbased_always_off':
      return false
    case 'traceidratio':
    case 'parentbased_traceidratio':
      return (trusted ? positionOf(trusted.id) : random()) < ratio
  }
}

/** Where a trace id stands between 0 and 1, the same for all that see it: by its last 56 bits (W3C Trace Context level 2 §3.2.2.4). */
const positionOf = (id: string): number => Number.parseInt(id.slice(-14), 16) / 2 ** 56
