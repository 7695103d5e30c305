import type { ConfigProblem } from '../config/config-problem.ts'
import type { Config } from '../config/schema.ts'

const later = 'is not available yet in this version: remove it'

/** What the configuration knows and this version does not do. Nothing of it is left out in silence: start refuses. */
export function unavailable({ trust, workers }: Config): readonly ConfigProblem[] {
  const missing = (at: string, what: string): ConfigProblem => ({ at, message: `${what} ${later}` })
  return [
    ...trust.flatMap((anchor, i) => {
      if (!('spiffe' in anchor) || anchor.from.startsWith('file:')) return []
      const what = anchor.from.startsWith('unix:') ? 'the SPIFFE Workload API' : 'a SPIFFE bundle endpoint'
      return [missing(`trust.${i}.from`, what)]
    }),
    ...(workers > 1 ? [missing('workers', 'more than one worker')] : []),
  ]
}
