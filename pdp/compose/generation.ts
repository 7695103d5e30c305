import type { Config } from '../config/schema.ts'
import type { Frame } from '../core/frame.ts'
import type { Pep, Service, VerifyPepCertificate } from '../core/service.ts'
import { createDecide, type Decide } from '../decide.ts'
import type { ActivePolicies } from '../policy/policy-set.ts'
import { type Seconds, seconds } from '../core/time.ts'
import { createTokenBuckets, type Rate, type TokenBuckets } from '../core/token-buckets.ts'
import { type ActiveBundles, activateBundles } from './active-bundles.ts'
import { type BundleSurroundings, loadBundles } from './bundles.ts'
import { limitSubjects } from './limit-subjects.ts'
import { loadGrpcMethods } from './grpc-methods.ts'
import { type AskMask, logMaskOf, requireLogMask } from './mask-records.ts'
import type { HeldKeys } from './held-keys.ts'
import type { PayloadKeeper } from './keep-payloads.ts'
import { composeIdentity, type Identity, type IdentityStores, type Sources } from './identity.ts'
import { loadIntrospectors } from './introspection.ts'
import { type Isolation, startIsolation } from './isolation.ts'
import { createPolicies, type DecisionStores } from './policies.ts'
import type { AnsweringLog } from './record-builtin-answers.ts'
import { composePepCertificates } from './pep-certificates.ts'
import { pepsOf, servicesOf } from './services.ts'
import type { RateKind } from './share-rates.ts'
import { type DecisionTracing, traceDecide, traceLog, traceVerify } from './trace-decisions.ts'
import type { TrustSurroundings } from './trust.ts'

/** All that one configuration makes: swapped whole on reload. What takes one uses it from beginning to end. */
export interface Generation {
  readonly config: Config
  readonly decide: Decide
  readonly services: ReadonlyMap<string, Service>
  readonly peps: ReadonlyMap<string, Pep>
  /** How long an enforcement point has to wait for the next ask of its rate; 0: it has one left, which is taken. */
  readonly waitOf: (pep: Pep) => Seconds
  readonly verifyPepCertificate: VerifyPepCertificate
  readonly bundles: ActiveBundles
  readonly sources: Sources
  readonly isolation: Isolation
  /** What of its decisions is written; absent: all that records say. */
  readonly mask: AskMask | undefined
}

/** What outlives every configuration. */
export interface Lasting {
  readonly stores: IdentityStores
  readonly decisions: DecisionStores | undefined
  /** Buckets of tokens that the fleet shares. */
  readonly sharedBuckets?: (kind: RateKind, rate: Rate) => TokenBuckets
  readonly log: AnsweringLog
  readonly payloads?: PayloadKeeper
  readonly surroundings: TrustSurroundings
  readonly held: HeldKeys
  readonly open: (config: Config) => () => Frame
  readonly bundles: BundleSurroundings
  /** Absent: no decision is traced. */
  readonly tracing?: DecisionTracing
  /** Puts what is active now on the disk, to begin with where its source has nothing usable. Never rejects. */
  readonly keepBundles: (bundles: ActiveBundles) => Promise<void>
}

/** Builds a generation, and reads everything that can be refused. Throws, for the operator, what cannot be used. */
export async function createGeneration(config: Config, lasting: Lasting, before?: Generation): Promise<Generation> {
  const services = servicesOf(config, await loadGrpcMethods(config))
  const peps = await pepsOf(config, lasting.held.digests)
  const { clock, instanceReplaced } = lasting.bundles
  const { tracing } = lasting
  const traces = tracing?.traces
  const loaded = await loadBundles(config, services, lasting.bundles, before?.bundles.held)
  requireLogMask(config, loaded)
  const policies: ActivePolicies = createPolicies(
    config,
    lasting.decisions,
    lasting.log.onBuiltinAnswers,
    clock,
    traces,
  )
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
  const pepBuckets = bucketsOf('pep', config.limits, lasting.sharedBuckets)
  const subjectBuckets = bucketsOf('subject', config.limits, lasting.sharedBuckets)
  const parsed = new Map([...loaded].map(([name, { bundle }]) => [name, bundle]))
  const isolation = await startIsolation(config, parsed, instanceReplaced) // last: from here on nothing throws
  const bundles = activateBundles(loaded, policies, isolation, config.limits.deadline_ms)
  const limited = subjectBuckets ? limitSubjects(verify, subjectBuckets.take) : verify
  const decide = createDecide({
    open,
    policies: payloads ? payloads.policies(policies, config.limits.policy_ttl_max_s) : policies,
    verify: traces ? traceVerify(limited, traces) : limited,
    log: traces ? traceLog(log, traces) : log,
    recordedClaims: new Set(config.audit.claims),
  })
  return {
    config,
    decide: tracing ? traceDecide(decide, tracing) : decide,
    verifyPepCertificate: (chain) => judge(chain, open()),
    services,
    peps,
    waitOf: ({ name }) => pepBuckets?.take(name) ?? noWait,
    bundles,
    sources,
    isolation,
    mask: logMaskOf(config, bundles.held, isolation),
  }
}

const noWait = seconds(0)

/** The buckets of a rate, if there is one: of this instance, or of the fleet. */
function bucketsOf(
  kind: RateKind,
  { rate }: Config['limits'],
  shared: Lasting['sharedBuckets'],
): TokenBuckets | undefined {
  const settings = rate[kind]
  if (!settings) return undefined
  const { per_second: perSecond, burst = Math.max(1, Math.floor(perSecond)) } = settings
  return rate.shared && shared
    ? shared(kind, { perSecond, burst })
    : createTokenBuckets({ perSecond, burst }, () => performance.now())
}
