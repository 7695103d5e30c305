import type { Pdp } from '../compose/pdp.ts'
import { type Address, readAddress } from '../config/read-address.ts'
import type { Config } from '../config/schema.ts'
import type { Ask } from '../core/ask.ts'
import type { Decision } from '../core/decision.ts'
import type { ConcurrencyLimit } from '../doors/concurrency-limit.ts'
import type { Operator } from '../admin/operators.ts'
import { tellDecisions } from '../telemetry/decision-lines.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Readiness } from './readiness.ts'
import type { HeldTls } from './watch-tls.ts'

/** What the servers of a process are made of. */
export interface ListenersParts {
  readonly config: Config
  readonly pdp: Pdp
  readonly metrics: Metrics
  readonly demo: boolean
  readonly readiness: () => Readiness
  /** One for all doors: they share what there is. */
  readonly concurrency: ConcurrencyLimit
  readonly operators: () => readonly Operator[]
  readonly tls?: HeldTls
  readonly log: Log
  /** Doors are listened on by other workers too. */
  readonly sharedDoors?: true
}

/** The address of a setting. */
export function addressOf(text: string): Address {
  const address = readAddress(text)
  if (!address) throw new Error(`${text} is no address to listen on`) // the schema holds that this does not happen
  return address
}

/** Counts a decision and where its answers came from, and tells of it where that is wanted. */
export function watchDecisions({
  config,
  metrics,
  pdp,
  log,
}: Pick<ListenersParts, 'config' | 'metrics' | 'pdp' | 'log'>) {
  const tell = tellDecisions(log, config.log)
  return (decision: Decision, ask: Ask, seconds: number): void => {
    const { effect, code, caller, verdicts } = decision
    const span = pdp.spanOf(decision)
    metrics.decided({ effect, code, door: ask.door, service: ask.service.name }, seconds, span)
    if (caller?.subject) metrics.proved(caller.subject.methods, caller.subject.assurance.level, effect)
    for (const { method, sunset } of caller?.advice ?? []) if (sunset !== undefined) metrics.sunsetUsed(method)
    for (const { evaluated } of verdicts) if (evaluated) metrics.answered(evaluated.cache)
    tell?.(decision, ask, seconds, span)
  }
}
