import type { Config } from '../config/schema.ts'
import type { Frame } from '../core/frame.ts'
import type { Pep, Service, VerifyPepCertificate } from '../core/service.ts'
import { createDecide, type Decide } from '../decide.ts'
import type { ActivePolicies } from '../policy/policy-set.ts'
import { createTokenBuckets } from '../core/token-buckets.ts'
import { limitSubjects } from './limit-subjects.ts'
import type { HeldKeys } from './held-keys.ts'
import type { PayloadKeeper } from './keep-payloads.ts'
import { composeIdentity, type Identity, type IdentityStores, type Sources } from './identity.ts'
import { loadIntrospectors } from './introspection.ts'
import { type Isolation, startIsolation } from './isolation.ts'
import { createPolicies, type DecisionStores, loadBundles } from './policies.ts'
import type { AnsweringLog } from './record-builtin-answers.ts'
import { composePepCertificates } from './pep-certificates.ts'
import { pepsOf, servicesOf } from './services.ts'
import type { TrustSurroundings } from './trust.ts'

/** A bundle that is active. */
export interface ActiveBundle {
  readonly name: string
  readonly revision: string
  readonly digest: string
  /** Whether its signature was checked: the configuration names a signer. */
  readonly signed: boolean
}

/** All that one configuration makes: swapped whole on reload. What takes one uses it from beginning to end. */
export interface Generation {
  readonly config: Config
  readonly decide: Decide
  readonly services: ReadonlyMap<string, Service>
  readonly peps: ReadonlyMap<string, Pep>
  /** Whether an enforcement point has an ask left of its rate; asking takes one. */
  readonly admits: (pep: Pep) => boolean
  readonly verifyPepCertificate: VerifyPepCertificate
  readonly bundles: readonly ActiveBundle[]
  readonly sources: Sources
  readonly isolation: Isolation
}

/** What outlives every configuration. */
export interface Lasting {
  readonly stores: IdentityStores
  readonly decisions: DecisionStores | undefined
  readonly log: AnsweringLog
  readonly payloads?: PayloadKeeper
  readonly surroundings: TrustSurroundings
  readonly held: HeldKeys
  readonly open: (config: Config) => () => Frame
  readonly instanceReplaced: (reason: string) => void
}

/** Builds a generation, and reads everything that can be refused. Throws, for the operator, what cannot be used. */
export async function createGeneration(config: Config, lasting: Lasting, before?: Generation): Promise<Generation> {
  const services = servicesOf(config)
  const peps = await pepsOf(config, lasting.held.digests)
  const loaded = await loadBundles(config, services, lasting.instanceReplaced)
  const policies: ActivePolicies = createPolicies(config, lasting.decisions, lasting.log.onBuiltinAnswers)
  const { log, stores, surroundings, held, payloads } = lasting
  const introspectors = await loadIntrospectors(config, surroundings)
  const taken = before?.sources ?? held.sources
  const { verify, sources, pepAuthorities }: Identity = composeIdentity(
    config,
    stores,
    surroundings,
    introspectors,
    taken,
  )
  const judge = composePepCertificates(peps, pepAuthorities, stores.revocation)
  const open = lasting.open(config)
  const { pep, subject } = config.limits.rate
  const [takePep, takeSubject] = [pep && bucketsOf(pep), subject && bucketsOf(subject)]
  const isolation = await startIsolation(config, loaded, lasting.instanceReplaced) // last: from here on nothing throws
  const bundles = [...loaded].map(([name, bundle]): ActiveBundle => {
    const { revision, digest } = policies.activate(name, bundle, isolation.pools.get(name))
    return { name, revision, digest, signed: config.bundles[name]?.signer !== undefined }
  })
  return {
    config,
    decide: createDecide({
      open,
      policies: payloads ? payloads.policies(policies, config.limits.policy_ttl_max_s) : policies,
      verify: takeSubject ? limitSubjects(verify, takeSubject) : verify,
      log,
    }),
    verifyPepCertificate: (chain) => judge(chain, open()),
    services,
    peps,
    admits: ({ name }) => takePep?.(name) ?? true,
    bundles,
    sources,
    isolation,
  }
}

const bucketsOf = ({ per_second: perSecond, burst }: NonNullable<Config['limits']['rate']['pep']>) =>
  createTokenBuckets({ perSecond, burst: burst ?? Math.max(1, Math.floor(perSecond)) }, () => performance.now())
