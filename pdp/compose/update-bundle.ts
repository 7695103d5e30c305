import type { CandidateDesk } from '../admin/candidates.ts'
import { clauses } from '../core/clause.ts'
import type { RecordEvent } from '../core/event-record.ts'
import { sha256 } from '../core/digest.ts'
import { ok, refuse as refuseTo } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import { type HeldBundle, offerBundle } from '../policy/offer-bundle.ts'
import type { RolloutState } from '../policy/rollout/rollout-state.ts'
import type { ActiveBundles, PreparedBundle } from './active-bundles.ts'
import { type BundleFault, bundleOptions, faultOfOffer, faultOfRefusal, type Offer } from './bundles.ts'
import type { Generation, Lasting } from './generation.ts'
import { activationOf, type ReloadOutcome } from './reload.ts'
import { type Candidate, type CandidateStatus, prepareTrial, type RolloutParts } from './rollouts.ts'
import type { Serially } from './serially.ts'

export const rolloutClauses = clauses({ rolledBack: 'bundle-rolled-back', there: 'bundle-candidate-there' })

/** What became of an archive that the source of a bundle has. */
export type UpdateOutcome =
  | { readonly outcome: 'activated' | 'candidate' | 'unchanged' }
  | ({ readonly outcome: 'refused' } & BundleFault)

/** What bundles are told of. */
export type BundleEvent = 'activated' | 'refused' | 'candidate' | 'rolled-back'

export interface UpdateParts extends Omit<RolloutParts, 'settled'> {
  readonly lasting: Lasting
  readonly current: () => Generation
  readonly serially: Serially
  /** Told of each activation, each refusal, and of candidates. */
  readonly told: (name: string, outcome: BundleEvent, detail: string) => void
}

/** Takes what sources of bundles have. */
export interface BundleUpdates {
  /**
   * An archive, or why there is none. It is checked whole, started and held to its own corpus beside the active one,
   * recorded, and only then takes its place at once, or becomes a candidate where the configuration says so; whatever fails
   * leaves the active one as it is. The same refusal is told once.
   */
  update(name: string, offer: Offer): Promise<UpdateOutcome>
  candidate(name: string): CandidateStatus | undefined
  /** Settles a candidate as an operator says. Refuses (NOT_FOUND) where there is none, and to promote what expired. */
  readonly settle: CandidateDesk['settle']
  /** Passes on the outcome of a reload. After one that was applied candidates are offered anew: they may be active at once. */
  offerAgain(outcome: ReloadOutcome): Promise<ReloadOutcome>
  /** Ends all trials. */
  close(): void
}

/** Records which bundles began as the last good one, and why. */
export async function recordFaults(bundles: ActiveBundles, record: RecordEvent): Promise<void> {
  for (const { name, fault } of bundles.list()) if (fault) await record('bundle', { act: 'refused', name, ...fault })
}

export function createBundleUpdates(parts: UpdateParts): BundleUpdates {
  const { lasting, current, record, serially, told } = parts
  const candidates = new Map<string, Candidate>()
  const rolledBack = new Map<string, { readonly digest: string; readonly fault: BundleFault }>()

  async function refuse(name: string, fault: BundleFault, digest?: string): Promise<UpdateOutcome> {
    const { bundles } = current()
    const before = bundles.list().find((bundle) => bundle.name === name)?.fault
    bundles.setFault(name, fault)
    if (before?.reason !== fault.reason) {
      told(name, 'refused', fault.reason)
      await record('bundle', { act: 'refused', name, ...fault, ...(digest !== undefined && { digest }) })
    }
    return { outcome: 'refused', ...fault }
  }

  async function update(name: string, offer: Offer): Promise<UpdateOutcome> {
    const { bundles, config, services } = current()
    const active = bundles.held.get(name)
    if (!active) return { outcome: 'unchanged' } // a reload took it away meanwhile
    if (!(offer instanceof Uint8Array)) return refuse(name, faultOfOffer(offer))
    const digest = sha256(offer)
    if (digest === active.last || digest === candidates.get(name)?.held.last) {
      if (digest === active.last) discard(name) // the source went back to what is active
      bundles.setFault(name, undefined)
      return { outcome: 'unchanged' }
    }
    const before = rolledBack.get(name)
    if (before?.digest === digest) return refuse(name, before.fault, digest)
    const offered = await offerBundle(offer, active, await bundleOptions(name, config, services, lasting.bundles))
    if (!offered.ok) return refuse(name, faultOfRefusal(offered), digest)
    const rollout = config.bundles[name]?.rollout
    if (rollout && !isOver({ ...active.bundle.signed?.statement })) return tryOut(name, offered.value, rollout)
    discard(name)
    return activate(name, await bundles.prepare(name, offered.value))
  }

  const isOver = ({ expires }: { readonly expires?: Instant }) =>
    expires !== undefined && lasting.bundles.clock() >= expires

  async function activate(
    name: string,
    prepared: PreparedBundle,
    rolledOut?: Candidate,
    said: Said = {},
  ): Promise<UpdateOutcome> {
    const { bundles } = current()
    try {
      await record('bundle', {
        ...activationOf(prepared.active, bundles.held.get(name)?.bundle.digest),
        ...(rolledOut && countsOf(rolledOut.status())),
        ...said,
      })
    } catch (error) {
      await prepared.abandon()
      throw error
    }
    prepared.swap()
    rolledOut?.end('keep')
    candidates.delete(name)
    told(name, 'activated', `revision ${prepared.active.revision}`)
    await lasting.keepBundles(bundles)
    return { outcome: 'activated' }
  }

  type Rollout = Parameters<typeof prepareTrial>[2]
  async function tryOut(name: string, next: HeldBundle, rollout: Rollout): Promise<UpdateOutcome> {
    const candidate = await prepareTrial(name, next, rollout, current(), { ...parts, settled })
    discard(name)
    candidates.set(name, candidate)
    const { bundles } = current()
    const { mode, share } = candidate.status()
    try {
      await record('bundle', {
        ...activationOf(candidate.prepared.active, bundles.held.get(name)?.bundle.digest),
        act: 'candidate',
        mode,
        ...(share !== undefined && { share }),
      })
    } catch (error) {
      discard(name)
      throw error
    }
    candidate.begin()
    bundles.setFault(name, undefined)
    told(name, 'candidate', `revision ${candidate.prepared.active.revision}, ${mode}`)
    return { outcome: 'candidate' }
  }

  function discard(name: string): void {
    candidates.get(name)?.end('discard')
    candidates.delete(name)
  }

  /** A trial is over: its candidate becomes active, or is given up. */
  function settled(name: string, candidate: Candidate, state: RolloutState): void {
    void serially(async () => settle(name, candidate, state)).catch((error: unknown) =>
      giveUp(name, candidate, messageOf(error)),
    )
  }

  async function settle(name: string, candidate: Candidate, state: RolloutState, said: Said = {}): Promise<void> {
    if (candidates.get(name) !== candidate) return // another took its place meanwhile
    if (candidate.beside !== current().bundles) return // a reload offers it anew
    const hasEnded = isOver(candidate.prepared.active)
    if (state.outcome === 'promoted' && !hasEnded) {
      await activate(name, candidate.prepared, candidate, said)
      return
    }
    const reason = hasEnded ? 'it expired before it could take its place' : (said.reason ?? reasonOf(state))
    giveUp(name, candidate, reason)
    const { digest, revision } = candidate.prepared.active
    const active = current().bundles.held.get(name)?.bundle.digest
    const facts = { act: 'rolled-back', name, revision, digest, ...countsOf(state), ...said, reason } as const
    await record('bundle', { ...facts, ...(active !== undefined && { previous: active }) })
  }

  /** The active bundle stays; the source is told so until it has something else. */
  function giveUp(name: string, candidate: Candidate, reason: string): void {
    if (candidates.get(name) !== candidate) return
    const fault: BundleFault = { reason, clause: rolloutClauses.rolledBack }
    discard(name)
    rolledBack.set(name, { digest: candidate.held.last, fault })
    current().bundles.setFault(name, fault)
    told(name, 'rolled-back', reason)
  }

  const settleByOperator: CandidateDesk['settle'] = (name, act, reason, operator) =>
    serially(async () => {
      const candidate = candidates.get(name)
      if (!candidate || candidate.beside !== current().bundles)
        return refuseTo('NOT_FOUND', rolloutClauses.there, 'no candidate is tried beside this bundle')
      const outcome = act === 'promote' ? 'promoted' : 'rolled-back'
      const { revision } = candidate.prepared.active
      await settle(name, candidate, { ...candidate.status(), outcome }, { reason, operator })
      return act === 'promote' && current().bundles.held.get(name) !== candidate.held
        ? refuseTo('POLICY_UNAVAILABLE', rolloutClauses.rolledBack, 'the candidate expired, and was rolled back')
        : ok({ bundle: name, revision })
    })

  const take: BundleUpdates['update'] = (name, offer) =>
    serially(() => update(name, offer).catch((error: unknown) => refuse(name, { reason: messageOf(error) })))

  return {
    update: take,
    candidate: (name) => candidates.get(name)?.status(),
    settle: settleByOperator,
    async offerAgain(outcome) {
      if (!outcome.applied) return outcome
      const held = [...candidates].map(([name, { held }]) => [name, held.archives.at(-1)] as const)
      rolledBack.clear()
      for (const [name] of held) discard(name)
      for (const [name, archive] of held) if (archive) await take(name, archive)
      return outcome
    },
    close() {
      for (const name of candidates.keys()) discard(name)
    },
  }
}

/** What an operator says who settles a candidate. */
type Said = { readonly reason?: string; readonly operator?: string }

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'an unknown fault')

const countsOf = ({ compared, differences, errors }: RolloutState) => ({ compared, differences, errors })

const reasonOf = ({ compared, differences, errors }: RolloutState): string =>
  `it was rolled back: of ${compared} asks it answered ${differences} otherwise and failed at ${errors}`
