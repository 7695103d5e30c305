import { platformRefusals } from '../compose/platforms.ts'
import type { ConfigProblem } from '../config/config-problem.ts'
import type { Config } from '../config/schema.ts'
import { lossyAudit } from '../process/start-refusals.ts'

/** Why a decision point inside another program must not begin with this configuration. Empty: it may. */
export const embedRefusals = (config: Config): readonly ConfigProblem[] => [
  ...platformRefusals(config),
  ...lossyAudit(config),
  ...nobodyAsks(config),
  ...workersElsewhere(config),
]

const nobodyAsks = ({ peps }: Config): ConfigProblem[] =>
  Object.values(peps).some(({ embedded }) => embedded === true)
    ? []
    : [{ at: 'peps', message: 'must have one with `embedded: true`: as which this program asks' }]

const workersElsewhere = ({ workers }: Config): ConfigProblem[] =>
  workers > 1 ? [{ at: 'workers', message: 'is for `sallyport start`: here the program decides how many it is' }] : []
