import type { Config } from '../config/schema.ts'
import type { Frame } from '../core/frame.ts'
import type { Pep, Service } from '../core/service.ts'
import { type Clock, plus, seconds } from '../core/time.ts'
import { uuidV7 } from '../core/uuid-v7.ts'
import { createDecide, type Decide } from '../decide.ts'
import { createMemoryFirstUse } from '../first-use/memory-store.ts'
import { createMemoryRevocations, type RevocationWriter } from '../revocation/memory-view.ts'
import type { TrustStatus } from '../trust/status.ts'
import { composeIdentity } from './identity.ts'
import { openLog } from './log.ts'
import { createPolicies, loadBundles } from './policies.ts'
import { pepsOf, servicesOf } from './services.ts'

/** What a decision point takes from outside: the time, randomness, and ears for what happens inside. */
export interface Surroundings {
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
  readonly events?: Partial<PdpEvents>
}

/** What happens inside and no caller is told. Each must return at once and never throw. */
export interface PdpEvents {
  /** A policy instance was replaced after an abort or a trap. */
  readonly instanceReplaced: (reason: string) => void
  /** Records could not be written; their allows became denies. */
  readonly recordsRefused: (records: number) => void
}

/** A decision point in this process. */
export interface Pdp {
  readonly decide: Decide
  readonly services: ReadonlyMap<string, Service>
  readonly peps: ReadonlyMap<string, Pep>
  readonly revocations: RevocationWriter
  status(): PdpStatus
  close(): Promise<void>
}

export interface PdpStatus {
  readonly trust: readonly TrustStatus[]
  readonly bundles: readonly { readonly name: string; readonly revision: string; readonly digest: string }[]
}

const maximumUses = 1_000_000

/** Builds a decision point and waits until it can decide. Throws, with the reason for the operator, if it cannot. */
export async function createPdp(config: Config, { clock, randomBytes, events }: Surroundings): Promise<Pdp> {
  const newId = () => uuidV7(clock(), randomBytes(10))
  const open = (): Frame => {
    const now = clock()
    return { id: newId(), now, deadline: plus(now, seconds(config.limits.deadline_ms / 1000)) }
  }
  const services = servicesOf(config)
  const bundles = await loadBundles(config, services, events?.instanceReplaced ?? (() => undefined))
  const policies = createPolicies(config, clock)
  const active = [...bundles].map(([name, bundle]) => ({ name, ...policies.activate(name, bundle) }))
  const revocations = createMemoryRevocations(clock)
  const firstUse = createMemoryFirstUse({
    startedAt: clock(),
    leeway: seconds(config.limits.clock_skew_s),
    maximum: maximumUses,
  })
  const random = () => new DataView(randomBytes(4).buffer).getUint32(0) / 2 ** 32
  const identity = composeIdentity(config, { firstUse, revocation: revocations.view }, { clock, random })
  const log = await openLog(config, { id: newId(), at: clock() }, events?.recordsRefused ?? (() => undefined))
  await Promise.all(identity.sources.map((source) => source.start()))
  await log.append({
    kind: 'start',
    id: newId(),
    at: clock(),
    facts: { bundles: active.map(({ name, digest }) => `${name} ${digest}`) },
  })
  return {
    decide: createDecide({ open, policies, verify: identity.verify, log }),
    services,
    peps: pepsOf(config),
    revocations: revocations.writer,
    status: () => ({ trust: identity.sources.map((source) => source.status()), bundles: active }),
    async close() {
      for (const source of identity.sources) source.close()
      await log.append({ kind: 'stop', id: newId(), at: clock(), facts: {} }).catch(() => undefined)
      await log.close()
    },
  }
}
