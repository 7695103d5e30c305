import type { ConfigProblem } from '../config/config-problem.ts'
import type { Config } from '../config/schema.ts'

const later = 'is not available yet in this version: remove it'

/** What the configuration knows and this version does not do. Nothing of it is left out in silence: start refuses. */
export function unavailable({ workers }: Config): readonly ConfigProblem[] {
  return workers > 1 ? [{ at: 'workers', message: `more than one worker ${later}` }] : []
}
