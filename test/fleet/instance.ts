import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryLog } from '../../pdp/audit/memory-log.ts'
import { openFleet } from '../../pdp/compose/fleet.ts'
import { createDecisionStores } from '../../pdp/compose/policies.ts'
import { openRevocation } from '../../pdp/compose/revocation.ts'
import { parseConfig } from '../../pdp/config/read-config.ts'
import type { Decision } from '../../pdp/core/decision.ts'
import { type Instant, instant, plus, seconds } from '../../pdp/core/time.ts'
import { uuidV7 } from '../../pdp/core/uuid-v7.ts'
import { createDecide } from '../../pdp/decide.ts'
import { createVerify } from '../../pdp/identity/verify.ts'
import { readFleetSecret } from '../../pdp/keys/own-secret.ts'
import { cached } from '../../pdp/policy/cached.ts'
import { loadBundle } from '../../pdp/policy/load-bundle.ts'
import { createPolicySet } from '../../pdp/policy/policy-set.ts'
import { buildTestBundle } from '../support/build-bundle.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { firstGateParts } from '../support/first-gate.ts'
import { type AskParts, createAsk } from '../support/world.ts'
import { base } from '../unit/config/base.ts'
import type { Plant } from './plants.ts'

// An instance is put together as `compose/` does it, of the parts that ship, so that a fault can be planted in one of them.

/** Reading is allowed, writing is not; `timed` until the time that the ask names, as of at most a second ago. */
const rego = `package orders

default decision := {"allow": false, "ttl": 1}

decision := {"allow": true, "ttl": 1} if input.action.name == "read"

decision := {"allow": true, "ttl": 1} if {
	input.action.name == "timed"
	input.resource.properties.until_ms * 1000000 > time.now_ns()
}
`

export interface FleetInstance {
  readonly proxy: FaultProxy
  ask(parts: AskParts): Promise<Decision>
  /** Answers whether it was acknowledged. */
  revoke(subject: string): Promise<boolean>
  lift(subject: string): Promise<void>
  /** Steps its wall clock by so many milliseconds from the true time. */
  step(ms: number): void
  isReady(): boolean
  close(): Promise<void>
}

export const staleAfter = 2

/** The bundle of every instance; built before the first is started. */
export const fleetBundle = () => buildTestBundle({ rego })

export async function startFleetInstance(redisPort: number, plant: Plant = {}): Promise<FleetInstance> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-fleet-'))
  const proxy = await startFaultProxy(redisPort)
  const parsed = parseConfig({
    ...base(),
    state: folder,
    revocation: { stale_after_s: staleAfter },
    fleet: { redis: `redis://127.0.0.1:${proxy.port}`, secret: 'env:SECRET', l2: 'always' },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const config = parsed.value
  let offset = 0
  const clock = (): Instant => instant(Date.now() + offset)
  const random = () => randomBytes(4).readUInt32BE() / 2 ** 32
  const newId = () => uuidV7(clock(), randomBytes(10))
  const secrets = [readFleetSecret('a secret that the fleet of this test shares')] as const
  const fleet = await openFleet(config, secrets, { clock, random, randomBytes })
  if (!fleet) throw new Error('no fleet')
  const revocation = await openRevocation(config, { clock, newId, record: async () => undefined, fleet })
  const bundle = await loadBundle(await fleetBundle(), { entrypoints: ['orders/decision'] })
  if (!bundle.ok) throw new Error(bundle.detail)
  const stores = createDecisionStores(config, { clock, random }, fleet.shared)
  if (!stores) throw new Error('no cache')
  const policies = createPolicySet({
    decorate: (policy) => {
      const planted = plant.cachedPolicy?.(policy) ?? policy
      const whole = cached(planted, stores.store, { random, shared: fleet.shared() })
      return plant.policy?.(whole) ?? whole
    },
  })
  policies.activate('orders', bundle.value)
  const decide = createDecide({
    open: () => {
      const now = clock()
      return { id: newId(), now, deadline: plus(now, seconds(1)) }
    },
    policies,
    verify: createVerify({
      ...firstGateParts(),
      firstUse: plant.firstUse?.(fleet.firstUse) ?? fleet.firstUse,
      revocation: plant.revocation?.(revocation.view) ?? revocation.view,
    }),
    log: createMemoryLog(),
  })
  const target = (subject: string) => ({ by: 'subject', issuer: 'spiffe://prod.example', id: subject })
  return {
    proxy,
    ask: (parts) => decide(createAsk(parts)),
    async revoke(subject) {
      const outcome = await revocation.desk.revoke({ target: target(subject), reason: randomUUID() }, 'test')
      return outcome.ok && outcome.value.acknowledged
    },
    async lift(subject) {
      await revocation.desk.lift({ target: target(subject), reason: 'test' }, 'test')
    },
    step: (ms) => void (offset = ms),
    isReady: () => revocation.status().confirmed,
    async close() {
      await revocation.close()
      fleet.redis.close()
      await proxy.close()
      await rm(folder, { recursive: true })
    },
  }
}
