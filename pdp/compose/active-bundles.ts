import type { Instant } from '../core/time.ts'
import type { LoadedBundle } from '../policy/load-bundle.ts'
import type { HeldBundle } from '../policy/offer-bundle.ts'
import type { ActivePolicies, EvaluatedBundle } from '../policy/policy-set.ts'
import type { Trial } from '../policy/rollout/trial.ts'
import type { BundleFault, LoadedSource } from './bundles.ts'
import type { Isolation } from './isolation.ts'

/** A bundle that is active. */
export interface ActiveBundle {
  readonly name: string
  readonly revision: string
  readonly digest: string
  /** Whether its signature was checked: the configuration names a signer. */
  readonly signed: boolean
  /** As it was signed: by whom, its place among those of its name, and from when it decides nothing more. */
  readonly signer?: string
  readonly sequence?: number
  readonly expires?: Instant
  /** Why it stays, while its source has something else that is not taken. */
  readonly fault?: BundleFault
}

/** The bundles of one configuration that are active. */
export interface ActiveBundles {
  list(): readonly ActiveBundle[]
  /** Each with what it was made of. */
  readonly held: ReadonlyMap<string, HeldBundle>
  /** Does all that can fail before a bundle takes the place of the active one of its name. Throws, for the operator. */
  prepare(name: string, next: HeldBundle): Promise<PreparedBundle>
  /** Says why what the source of a bundle offers is not taken; undefined: it is. */
  setFault(name: string, fault: BundleFault | undefined): void
}

/** A bundle that is about to be active. One of `swap`, `abandon` and `retire` is to be called. */
export interface PreparedBundle {
  readonly active: ActiveBundle
  /** All entrypoints at once. Asks under way keep what they took. */
  swap(): void
  /** Decides before that for whom a trial says, beside the active one. Answers the function that ends it. */
  tryOut(trial: Trial, background: EvaluatedBundle): () => void
  abandon(): Promise<void>
  /** Gives it up once no decision needs it any more. */
  retire(): void
}

/** Makes loaded bundles the active ones. `deadlineMs`: how long decisions under way may need what is replaced. */
export function activateBundles(
  loaded: ReadonlyMap<string, LoadedSource>,
  policies: ActivePolicies,
  isolation: Isolation,
  deadlineMs: number,
): ActiveBundles {
  const held = new Map<string, HeldBundle>(loaded)
  const active = new Map<string, ActiveBundle>()
  for (const [name, { bundle, fault }] of loaded) {
    policies.activate(name, bundle, isolation.pools.get(name))
    active.set(name, describe(name, bundle, fault))
  }
  return {
    list: () => [...active.values()],
    held,
    async prepare(name, next) {
      const pool = await isolation.start(name, next.bundle)
      const description = describe(name, next.bundle)
      return {
        active: description,
        swap() {
          policies.activate(name, next.bundle, pool)
          if (pool) isolation.replace(name, pool, deadlineMs)
          held.set(name, next)
          active.set(name, description)
        },
        tryOut: (trial, background) =>
          policies.tryOut(name, { bundle: next.bundle, ...(pool && { pool }) }, background, trial),
        abandon: async () => pool?.close(),
        retire: () => pool?.retire(deadlineMs),
      }
    },
    setFault(name, fault) {
      const bundle = held.get(name)?.bundle
      if (bundle) active.set(name, describe(name, bundle, fault))
    },
  }
}

function describe(name: string, { revision, digest, signed }: LoadedBundle, fault?: BundleFault): ActiveBundle {
  const { sequence, expires } = signed?.statement ?? {}
  return {
    name,
    revision,
    digest,
    signed: signed !== undefined,
    ...(signed && { signer: signed.signers.join(' ') }),
    ...(sequence !== undefined && { sequence }),
    ...(expires !== undefined && { expires }),
    ...(fault && { fault }),
  }
}
