import type { ServedFile } from '../audit/tree/serve-tree.ts'
import type { CandidateDesk } from '../admin/candidates.ts'
import { configDigest } from '../config/config-digest.ts'
import { deriveKey } from '../keys/derive.ts'
import type { Config } from '../config/schema.ts'
import type { Frame } from '../core/frame.ts'
import type { Code } from '../core/codes.ts'
import type { Decision } from '../core/decision.ts'
import type { EventRecord, RecordEvent } from '../core/event-record.ts'
import type { Pep, Service, VerifyPepCertificate } from '../core/service.ts'
import { type Clock, plus, type Seconds, seconds } from '../core/time.ts'
import { uuidV7 } from '../core/uuid-v7.ts'
import { version } from '../core/version.ts'
import type { Decide } from '../decide.ts'
import type { SpanIds } from '../telemetry/traces.ts'
import { createMemoryFirstUse } from '../first-use/memory-store.ts'
import type { Offer } from './bundles.ts'
import { bundleSurroundingsOf } from './bundle-surroundings.ts'
import { keepBundlesCurrent } from './keep-bundles-current.ts'
import { type FleetEvents, openFleet } from './fleet.ts'
import { createGeneration, type Generation, type Lasting } from './generation.ts'
import { isStale, type PdpStatus, statusOf } from './pdp-status.ts'
import { createSerially } from './serially.ts'
import { type BundleEvent, createBundleUpdates, recordFaults, type UpdateOutcome } from './update-bundle.ts'
import { lookAtBundles } from './watch-bundles.ts'
import { createWorkloadApis } from './trust.ts'
import { type HeldKeys, noHeldKeys } from './held-keys.ts'
import { lastGoodOf } from './last-good.ts'
import { type OwnSecrets, ownSecretsOf, type SecretSurroundings } from './own-secret.ts'
import { observed } from './observed-log.ts'
import { createDecisionStores } from './policies.ts'
import { createRecordMasking } from './mask-records.ts'
import { type DegradedChecks, recordDegraded } from './record-degraded.ts'
import { referToFiller } from './refer-to-filler.ts'
import { clientSurroundings } from './record-clients.ts'
import { recordBuiltinAnswers } from './record-builtin-answers.ts'
import { bundleFacts, createReload, type ReloadOutcome } from './reload.ts'
import { openRevocation, type OpenRevocation } from './revocation.ts'
import { collapseDenials } from './collapse-denials.ts'
import { createRefusalTally } from './tally-refusals.ts'
import { openTracing } from './traces.ts'
import { openTrail } from './trail.ts'
import type { StartedSource } from './trust.ts'

/** What a decision point takes from outside: the time, randomness, and ears for what happens inside. */
export interface Surroundings {
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
  /** Where `env:` references of the configuration lead; absent, nowhere. */
  readonly environment?: SecretSurroundings['environment']
  readonly events?: Partial<PdpEvents>
}

/** What happens inside and no caller is told. Each must return at once and never throw. */
export interface PdpEvents extends FleetEvents {
  /** A policy instance was replaced after an abort or a trap. */
  readonly instanceReplaced: (reason: string) => void
  /** The line of a record that is in memory alone, as a file would hold it. */
  readonly recordKept: (line: string) => void
  /** A record has the durability of its mode. */
  readonly recordWritten: () => void
  /** Records could not be written; their allows became denies. */
  readonly recordsRefused: (records: number) => void
  /** Rules about what is written of a decision failed, so that only what it proves is. */
  readonly maskFailed: () => void
  /** So many payloads, of which decisions could be replayed, could not be kept; told now and then. */
  readonly payloadsLost: (payloads: number) => void
  /** What became of a bundle, or that it could not be kept for the next start; `detail` is for the operator. */
  readonly bundleTold: (name: string, what: BundleEvent | 'not-kept' | 'kept-refused', detail: string) => void
  /** A line about a sink of the log: it cannot deliver, and why, or does again. */
  readonly sinkSaid: (line: string) => void
  /** A line about what was kept of others' keys for the next start. */
  readonly trustSaid: (line: string) => void
  /** Spans could not be sent, and why. */
  readonly tracesFailed: (reason: string) => void
  /** The tree over the log does not go on, and why; decisions do. */
  readonly treeFailed: (reason: string) => void
}

/** What an ask is decided with. Taken once per request: parts of two configurations are never mixed. */
export interface PdpSnapshot {
  readonly decide: Decide
  readonly services: ReadonlyMap<string, Service>
  readonly peps: ReadonlyMap<string, Pep>
  readonly waitOf: (pep: Pep) => Seconds
  readonly verifyPepCertificate: VerifyPepCertificate
}

/** A decision point in this process. */
export interface Pdp extends PdpSnapshot {
  /** The configuration in use. Its members are those of one generation, while the ones here follow a reload. */
  current(): PdpSnapshot
  /** What operators do to revocations. */
  readonly revocations: OpenRevocation['desk']
  /** What operators do to candidates for bundles. */
  readonly candidates: CandidateDesk
  status(): PdpStatus
  /** What the log serves at a path, to whoever may read it (C2SP tlog-tiles); undefined for what there is not. */
  readLog(path: string): Promise<ServedFile | undefined>
  /** Takes over a new configuration whole, or keeps the running one; recorded either way. Rejects if that cannot be recorded. */
  reload(next: () => Promise<Config>): Promise<ReloadOutcome>
  /** Takes what the source of a bundle has now, as it does by itself when that changes; a twin of `reload` for one bundle. */
  updateBundle(name: string, archive: Offer): Promise<UpdateOutcome>
  /** The span that a decision was made in, where it is recorded. */
  spanOf(decision: Decision): SpanIds | undefined
  /** A request was refused before a decision; the log tells how many. */
  requestRefused(code: Code): void
  /** Puts what happened into the log; see `EventFacts`. */
  readonly recordEvent: RecordEvent
  /** Tries the log with a record of its own; `status().audit` tells the outcome. */
  tryLog(): Promise<unknown>
  close(): Promise<void>
}

const maximumUses = 1_000_000
const aggregateEveryMs = 60_000

/** Builds a decision point and waits until it can decide. Throws, with the reason for the operator, if it cannot. */
export async function createPdp(
  config: Config,
  { clock, randomBytes, environment, events }: Surroundings,
  held: HeldKeys = noHeldKeys,
): Promise<Pdp> {
  const newId = () => uuidV7(clock(), randomBytes(10))
  const random = () => new DataView(randomBytes(4).buffer).getUint32(0) / 2 ** 32
  const ownUses = createMemoryFirstUse({
    startedAt: clock(),
    leeway: seconds(config.limits.proof_skew_s),
    maximum: maximumUses,
  })
  const given = { clock, random, randomBytes, ...(environment && { environment }), ...(events && { events }) }
  const tracing = await openTracing(config, given, newId())
  const secrets: OwnSecrets = held.secret ? [held.secret] : await ownSecretsOf(config, given)
  const fleet = await openFleet(config, secrets, given)
  const masking = createRecordMasking(config, secrets[0], events)
  const opened = await openTrail(config, {
    body: masking.body,
    clock,
    randomBytes,
    stamp: () => ({ id: newId(), at: clock() }),
    ...(events && { events }),
  })
  const log = observed(opened, events?.recordWritten)
  const record: RecordEvent = (kind, facts) => log.append({ kind, id: newId(), at: clock(), facts } as EventRecord) // of one kind, as its caller's types say
  const revocation = await openRevocation(config, { clock, newId, record, fleet }).catch(async (error: unknown) => {
    await opened.close()
    fleet?.close()
    throw error
  })
  const { tree } = opened
  const degraded: DegradedChecks = {
    ...(fleet && { redis: () => fleet.redis.status().breaker !== 'closed' || !fleet.redis.status().connected }),
    revocation: () => !revocation.status().confirmed,
    trust: () => [...current.sources.values()].some((source) => isStale(source, clock())),
    ...(tree && { disk: () => tree.disk().low, tree: () => tree.status().problem !== undefined }),
  }
  const collapsing = collapseDenials(log, {
    perSecond: config.audit.denials_per_s,
    everyMs: aggregateEveryMs,
    clock,
    record: (facts) => record('aggregate', facts),
  })
  const refusals = createRefusalTally((facts) => record('aggregate', facts), clock, aggregateEveryMs)
  const keptTrust = lastGoodOf(config, secrets, events?.trustSaid ?? (() => undefined))
  const told = events?.bundleTold ?? (() => undefined)
  const serially = createSerially()
  const lasting: Lasting = {
    stores: {
      secret: secrets[0],
      secretsBefore: secrets.slice(1),
      firstUse: fleet?.firstUse ?? ownUses,
      revocation: revocation.view,
    },
    decisions: createDecisionStores(config, { clock, random }, fleet?.shared),
    ...(fleet && { sharedBuckets: fleet.sharedBuckets }),
    ...opened.keeping(recordBuiltinAnswers(referToFiller(recordDegraded(masking.before(collapsing), degraded)))),
    surroundings: {
      clock,
      random,
      workloadApi: createWorkloadApis({ clock, random }),
      ...clientSurroundings(record, fleet),
      ...(keptTrust && { lastGood: keptTrust }),
      ...tracing.of,
    },
    held,
    ...tracing.of,
    open: ({ limits }) => {
      const length = seconds(limits.deadline_ms / 1000)
      return (): Frame => {
        const now = clock()
        return { id: newId(), now, deadline: plus(now, length) }
      }
    },
    ...bundleSurroundingsOf(config, clock, events ?? {}, told),
  }
  const looked = await lookAtBundles(config.bundles)
  let current = await begin().catch(async (error: unknown) => {
    await collapsing.close()
    await refusals.close()
    await revocation.close()
    await opened.close()
    fleet?.close()
    throw error
  })
  async function begin(): Promise<Generation> {
    const generation = await createGeneration(config, lasting)
    const sources = [...generation.sources.values()]
    masking.use(generation.mask)
    try {
      await startAll(sources)
      await record('start', {
        version,
        node: process.versions.node,
        mode: config.audit.mode,
        config: configDigest(config),
        bundles: bundleFacts(generation),
        ...(tree && { log: tree.vkey }),
      })
      await recordFaults(generation.bundles, record)
      await lasting.keepBundles(generation.bundles)
      if (tree?.keyMade) await record('key', { act: 'made', purpose: 'audit-log', vkey: tree.vkey })
    } catch (error) {
      for (const source of sources) source.close()
      await generation.isolation.close()
      throw error
    }
    return generation
  }
  const swapConfiguration = createReload({
    lasting,
    current: () => current,
    swap: (next) => {
      current = next
      masking.use(next.mask)
      revocation.configure(next.config)
    },
    record,
    serially,
  })
  const key = deriveKey(secrets[0], 'rollout/v1')
  const updates = createBundleUpdates({ lasting, current: () => current, record, serially, told, key, random })
  const endBundles = await keepBundlesCurrent({
    looked,
    sources: lasting.bundles.sources,
    bundles: () => current.config.bundles,
    random,
    update: updates.update,
  })
  return {
    current: () => current,
    decide: (ask) => current.decide(ask),
    get services() {
      return current.services
    },
    waitOf: (pep) => current.waitOf(pep),
    verifyPepCertificate: (chain) => current.verifyPepCertificate(chain),
    get peps() {
      return current.peps
    },
    revocations: revocation.desk,
    status: () => ({
      ...statusOf(current, revocation.status(), log, opened, clock, updates.candidate),
      ...(fleet && { redis: fleet.redis.status() }),
    }),
    readLog: async (path) => opened.tree?.read(path),
    reload: async (next) => updates.offerAgain(await swapConfiguration(next)),
    updateBundle: updates.update,
    candidates: updates,
    spanOf: tracing.spanOf,
    requestRefused: refusals.refused,
    recordEvent: record,
    tryLog: () => record('admin', { act: 'try-log' }),
    async close() {
      endBundles()
      updates.close()
      await serially(async () => undefined) // what is being taken over now is taken over or not
      for (const source of current.sources.values()) source.close()
      await current.isolation.close()
      await collapsing.close()
      await refusals.close()
      await revocation.close()
      await record('stop', {}).catch(() => undefined)
      await opened.close()
      fleet?.close()
      await tracing.close()
    },
  }
}

/** Reads the sources. One that is needed and cannot be read ends the start; what others lack is told by their status. */
async function startAll(sources: readonly StartedSource[]): Promise<void> {
  const outcomes = await Promise.all(sources.map((source) => source.start()))
  const failed = sources.find(({ needed }, i) => needed === true && outcomes[i]?.ok !== true)
  if (!failed) return
  const { name, lastError = 'it cannot be read' } = failed.status()
  throw new Error(`trust: ${name}: ${lastError}`)
}
