import type { Config } from '../config/schema.ts'
import type { RecordEvent } from '../core/event-record.ts'
import { seconds } from '../core/time.ts'
import { timerSchedule } from '../net/schedule.ts'
import { createIsolatePool, type IsolatePool } from '../policy/isolated/isolate-pool.ts'
import type { HeldBundle } from '../policy/offer-bundle.ts'
import type { RolloutState } from '../policy/rollout/rollout-state.ts'
import { createShareOfSubjects } from '../policy/rollout/share-of-subjects.ts'
import { createTrial, type Trial } from '../policy/rollout/trial.ts'
import type { ActiveBundles, PreparedBundle } from './active-bundles.ts'
import type { Generation } from './generation.ts'

/** A candidate beside an active bundle, for whoever looks. `share`: of subjects that it decides for. */
export interface CandidateStatus extends RolloutState {
  readonly mode: 'shadow' | 'canary'
  readonly revision: string
  readonly digest: string
  readonly share?: number
  /** Asks that were not compared, so as to leave time for others. */
  readonly skipped: number
}

/** What is tried beside an active bundle. */
export interface Candidate {
  readonly held: HeldBundle
  /** Those that it stands beside: another configuration has others. */
  readonly beside: ActiveBundles
  readonly prepared: PreparedBundle
  status(): CandidateStatus
  /** From now on it is evaluated, and decides for whom it may. */
  begin(): void
  /** Ends the trial; asks under way keep what they began with. `discard`: it does not become active. */
  end(how: 'discard' | 'keep'): void
}

/** - `key`: chooses subjects. `settled`: told once how a candidate's trial came out. */
export interface RolloutParts {
  readonly key: Uint8Array
  readonly random: () => number
  readonly record: RecordEvent
  readonly settled: (name: string, candidate: Candidate, state: RolloutState) => void
}

type Rollout = NonNullable<Config['bundles'][string]['rollout']>

/** Makes all that it takes to try a candidate beside the active bundle of its name. Throws, for the operator, where it cannot be evaluated. */
export async function prepareTrial(
  name: string,
  next: HeldBundle,
  rollout: Rollout,
  { config, bundles }: Generation,
  { key, random, record, settled }: RolloutParts,
): Promise<Candidate> {
  const active = bundles.held.get(name)
  if (!active) throw new Error(`no bundle \`${name}\` is active`) // there was one a moment ago
  const prepared = await bundles.prepare(name, next)
  const isCanary = rollout.mode === 'canary'
  const background = isCanary ? active.bundle : next.bundle
  const pool = createIsolatePool(background.source, { deadlineMs: config.limits.evaluation_ms, size: 1, spares: 1 })
  if (!(await pool.ready())) {
    await Promise.all([pool.close(), prepared.abandon()])
    throw new Error(`bundle \`${name}\`: no thread that would evaluate it beside the other starts`)
  }
  const { digest, revision } = prepared.active
  const { promote } = rollout
  const trial = createTrial({
    rules: {
      promotes: promote !== undefined,
      asks: promote?.asks ?? 0,
      maxDivergence: promote?.max_divergence ?? 1,
      maxErrors: promote?.max_errors ?? 1,
    },
    ...(isCanary && { chooses: createShareOfSubjects(rollout.share, key, digest) }),
    sample: rollout.sample,
    cpu: rollout.cpu,
    watchFor: seconds(promote?.after_s ?? 0),
    settled: (state) => settled(name, candidate, state),
    differed: (decision, difference) => {
      const facts = { act: 'differs', name, digest, previous: active.bundle.digest, decision, difference } as const
      record('bundle', facts).catch(() => undefined) // decisions tell that nothing can be written
    },
    random,
    schedule: timerSchedule,
  })
  let stop = () => {}
  const candidate: Candidate = {
    held: next,
    beside: bundles,
    prepared,
    status: () => ({
      mode: rollout.mode,
      revision,
      digest,
      ...(isCanary && { share: rollout.share }),
      ...trial.state(),
    }),
    begin() {
      stop = prepared.tryOut(trial, { bundle: background, pool })
    },
    end: (how) => endTrial(trial, stop, pool, how === 'discard' ? prepared : undefined),
  }
  return candidate
}

function endTrial(trial: Trial, stop: () => void, pool: IsolatePool, discarded: PreparedBundle | undefined): void {
  trial.end()
  stop()
  pool.close().catch(() => undefined)
  discarded?.retire()
}
