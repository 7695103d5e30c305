import { platformRefusals } from '../compose/platforms.ts'
import type { ConfigProblem } from '../config/config-problem.ts'
import { readAddress } from '../config/read-address.ts'
import type { Config } from '../config/schema.ts'

/** In what a process is started. */
export interface StartCircumstances {
  readonly demo: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Why a process must not be started with this configuration, in these circumstances. Empty: it may. */
export const startRefusals = (config: Config, circumstances: StartCircumstances): readonly ConfigProblem[] => [
  ...platformRefusals(config),
  ...(circumstances.demo ? demoRefusals(config, circumstances.environment) : lossyAudit(config)),
  ...embeddedPeps(config),
]

/** A demonstration has known keys and forgets its records: it must not be reached, or taken for the real thing. */
function demoRefusals({ listen }: Config, environment: StartCircumstances['environment']): ConfigProblem[] {
  const addresses = [listen.decisions, listen.health, listen.admin, listen.ext_authz, listen.http_authz]
  const outside = addresses.some((text) => {
    const address = text === undefined ? undefined : readAddress(text)
    return address?.kind === 'tcp' && !address.loopback
  })
  const settings = Object.keys(environment).filter((name) => name.startsWith('SALLYPORT_'))
  return [
    ...(outside ? [{ at: '--demo', message: 'listens on this machine only: use a loopback address' }] : []),
    ...(environment['NODE_ENV'] === 'production'
      ? [{ at: '--demo', message: 'is not for production: NODE_ENV says so' }]
      : []),
    ...(settings.length > 0
      ? [{ at: '--demo', message: `takes no settings from the environment: unset ${settings.sort().join(', ')}` }]
      : []),
  ]
}

export const lossyAudit = ({ audit }: Config): ConfigProblem[] =>
  audit.mode === 'memory'
    ? [{ at: 'audit.mode', message: '`memory` loses records with the process: it is for `--demo` alone' }]
    : []

/** Nobody could be one here, and whoever wrote it expects that somebody is. */
const embeddedPeps = ({ peps }: Config): ConfigProblem[] =>
  Object.entries(peps).flatMap(([name, { embedded }]) =>
    embedded === true
      ? [{ at: `peps.${name}.embedded`, message: 'is for a decision point inside another program: no listener has it' }]
      : [],
  )

/** Thrown where a process is not started; each problem is for the operator. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused'
  readonly problems: readonly ConfigProblem[]
  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ at, message }) => `${at}: ${message}`).join('\n'))
    this.problems = problems
  }
}
