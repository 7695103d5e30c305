import { readMessage } from '../../core/protobuf/message.ts'
import type { ProtobufType } from '../../core/protobuf/types.ts'
import { type Clock, type Instant, type Seconds, seconds } from '../../core/time.ts'
import type { AnchorSource } from '../../seams.ts'
import type { RestorableSource } from '../keep-last-good.ts'
import type { ObservedTrustSource } from '../status.ts'
import { type DomainHalf, type HeldDomain, holdDomain } from './domain.ts'
import { jwtBundlesResponse, workloadApiLimits, x509BundlesResponse } from './messages.ts'
import { watchWorkloadApi, type WorkloadApiSurroundings, type WorkloadMethod } from './watch.ts'

export interface WorkloadBundlesOptions extends WorkloadApiSurroundings {
  readonly clock: Clock
}

/** Keys and authorities of one trust domain, as the agent knows them. */
export interface WorkloadDomain extends ObservedTrustSource, AnchorSource, RestorableSource {
  /** Begins to listen to the agent. Answers, in 5 s at most, whether there is anything of this domain. */
  start(): Promise<{ readonly ok: boolean }>
  /** The agent is listened to until every domain was closed. */
  close(): void
}

/** Bundles of an agent: that of its own trust domain, and those of the domains it federates with, each for itself. */
export interface WorkloadBundles {
  /** The source of one trust domain; its keys serve for `maxStale` after the agent was last there. */
  domain(trustDomain: string, maxStale: Seconds): WorkloadDomain
}

interface BundlesMessage {
  readonly bundles: ReadonlyMap<string, Uint8Array>
}

/** A domain that is listened for, and who waits until both of its halves heard something. */
interface Listener {
  readonly trustDomain: string
  readonly held: HeldDomain
  heard(): void
}

const startTimeout = seconds(5)

/**
 * Makes what listens to an agent for the bundles of trust domains (SPIFFE Workload API §5.2.2, §6.2.2), on one stream of
 * each kind for all of them. An answer replaces the last: a domain that it does not name any more is none of ours. An agent
 * that refuses or is gone clears nothing; what it sent serves on, and ages.
 */
export function createWorkloadBundles(options: WorkloadBundlesOptions): WorkloadBundles {
  const { clock, schedule } = options
  const listeners = new Set<Listener>()
  const streams = [
    bundleStream('FetchX509Bundles', x509BundlesResponse, ({ x509 }) => x509),
    bundleStream('FetchJWTBundles', jwtBundlesResponse, ({ jwt }) => jwt),
  ]

  function bundleStream(
    method: WorkloadMethod,
    type: ProtobufType<BundlesMessage>,
    half: (held: HeldDomain) => DomainHalf,
  ) {
    let last: { readonly bundles: BundlesMessage['bundles']; readonly asOf: Instant } | undefined
    let stop: (() => void) | undefined
    const each = (act: (half: DomainHalf, trustDomain: string) => void): void => {
      for (const { held, trustDomain, heard } of listeners) {
        act(half(held), trustDomain)
        heard()
      }
    }
    const give = (to: DomainHalf, trustDomain: string): void => {
      if (last) to.take(last.bundles.get(`spiffe://${trustDomain}`), last.asOf)
    }
    return {
      /** Listens, if it does not yet; a domain that comes later gets what came last. */
      join({ held, trustDomain, heard }: Listener): void {
        give(half(held), trustDomain)
        heard()
        stop ??= watchWorkloadApi(method, options, {
          received(bytes) {
            const read = readMessage(type, bytes, workloadApiLimits, 'TRUST_UNAVAILABLE')
            if (!read.ok) return read
            last = { bundles: read.value.bundles, asOf: clock() }
            each(give)
            return read
          },
          alive() {
            if (last) last = { ...last, asOf: clock() }
            each((to) => to.confirm(clock()))
          },
          lost: (reason) => each((to) => to.lost(reason)),
        })
      },
      leave(): void {
        stop?.()
        stop = undefined
        last = undefined
      },
    }
  }

  return {
    domain(trustDomain, maxStale) {
      const held = holdDomain(trustDomain, maxStale)
      let settle = () => {}
      const settled = new Promise<void>((resolve) => {
        settle = resolve
      })
      const listener: Listener = {
        trustDomain,
        held,
        heard: () => [held.x509, held.jwt].every((each) => each.hasHeard()) && settle(),
      }
      return {
        ...held.source,
        async start() {
          listeners.add(listener)
          for (const stream of streams) stream.join(listener)
          const cancel = schedule(startTimeout, settle)
          await settled
          cancel()
          return { ok: held.source.status().keys > 0 }
        },
        close() {
          listeners.delete(listener)
          if (listeners.size === 0) for (const stream of streams) stream.leave()
        },
      }
    },
  }
}
