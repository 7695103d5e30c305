import { createMemoryLog, type MemoryLog } from '../../pdp/audit/memory-log.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import type { Pep, Service } from '../../pdp/core/service.ts'
import { type Instant, type Seconds, seconds } from '../../pdp/core/time.ts'
import { createDecide, type Decide } from '../../pdp/decide.ts'
import { createVerify, type VerifyParts } from '../../pdp/identity/verify.ts'
import { type LoadedBundle, loadBundle } from '../../pdp/policy/load-bundle.ts'
import { createPolicySet, type PolicySetOptions } from '../../pdp/policy/policy-set.ts'
import type { AuditLog } from '../../pdp/seams.ts'
import { exampleBundle } from './bundles.ts'
import { frameAt, noon } from './clock.ts'
import { firstGateParts } from './first-gate.ts'
import { billing, gateway, orders } from './world.ts'

/** A whole decision over the test world, with the example policy `orders` for both services. */
export interface TestDecisionPoint {
  readonly decide: Decide
  readonly log: MemoryLog
  readonly services: ReadonlyMap<string, Service>
  readonly peps: ReadonlyMap<string, Pep>
  readonly waitOf: (pep: Pep) => Seconds
}

export const gatewayKey = 'sp_pep_test-key-of-the-gateway'

/** The gateway, authenticated by its key. */
export const keyedGateway: Pep = { ...gateway, authentication: { kind: 'bearer', digests: [sha256(gatewayKey)] } }

export interface DecisionPointChanges {
  readonly parts?: Partial<VerifyParts>
  readonly log?: AuditLog
  readonly now?: () => Instant
  readonly deadlineMs?: number
  readonly bundles?: Readonly<Record<string, LoadedBundle>>
  readonly decorate?: NonNullable<PolicySetOptions['decorate']>
  readonly services?: readonly Service[]
  readonly peps?: readonly Pep[]
  readonly waitOf?: (pep: Pep) => Seconds
}

export async function createTestDecisionPoint(changes: DecisionPointChanges = {}): Promise<TestDecisionPoint> {
  const bundle = await loadBundle(await exampleBundle('orders'), { entrypoints: ['orders/decision'] })
  if (!bundle.ok) throw new Error(`the example bundle is refused: ${bundle.clause}`)
  const policies = createPolicySet(changes.decorate && { decorate: changes.decorate })
  policies.activate('orders', bundle.value)
  for (const [name, other] of Object.entries(changes.bundles ?? {})) policies.activate(name, other)
  const log = createMemoryLog()
  const { now = () => noon, deadlineMs = 1_000 } = changes
  const services = changes.services ?? [orders, { ...billing, policy: 'orders', entrypoint: 'orders/decision' }]
  return {
    decide: createDecide({
      open: () => frameAt(now(), deadlineMs),
      policies,
      verify: createVerify({ ...firstGateParts(), ...changes.parts }),
      log: changes.log ?? log,
    }),
    log,
    services: new Map(services.map((service) => [service.name, service])),
    waitOf: changes.waitOf ?? (() => seconds(0)),
    peps: new Map((changes.peps ?? [keyedGateway]).map((pep) => [pep.name, pep])),
  }
}
