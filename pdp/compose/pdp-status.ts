import type { DiskStatus } from '../audit/guard-disk.ts'
import type { ShipperStatus } from '../audit/sinks/shipper.ts'
import type { WitnessStatus } from '../audit/witness/collect-cosignatures.ts'
import type { TreeStatus } from '../audit/tree/tree-thread.ts'
import { configDigest } from '../config/config-digest.ts'
import { between, type Clock, type Instant } from '../core/time.ts'
import type { RedisStatus } from '../net/redis.ts'
import type { TrustStatus } from '../trust/status.ts'
import type { ActiveBundle } from './active-bundles.ts'
import type { Generation } from './generation.ts'
import { type ObservedLog, treeStatusOf } from './observed-log.ts'
import type { CandidateStatus } from './rollouts.ts'
import type { RevocationStatus } from './revocation.ts'
import type { Trail } from './trail.ts'
import type { StartedSource } from './trust.ts'

/**
 * How it is. `writable`: whether the newest record could be written, and its disk has room (`disk`). `tree`: how many records are under the newest
 * checkpoint, of which log, and why it does not go on.
 */
export interface PdpStatus {
  readonly config: string
  readonly trust: readonly (TrustStatus & {
    readonly ageSeconds?: number
    readonly maxAgeSeconds: number
    readonly stale: boolean
  })[]
  readonly bundles: readonly (ActiveBundle & { readonly expired: boolean; readonly candidate?: CandidateStatus })[]
  readonly revocation: RevocationStatus
  readonly audit: {
    readonly writable: boolean
    readonly disk?: DiskStatus
    readonly tree?: TreeStatus & { readonly log: string }
    readonly sinks: Readonly<Record<string, ShipperStatus>>
    readonly witnessed?: WitnessStatus & { readonly ageSeconds?: number }
    readonly records?: number
    readonly checkpointAgeSeconds?: number
  }
  /** The Redis of the fleet, if there is one. */
  readonly redis?: RedisStatus
}

const witnessedOf = (status: WitnessStatus | undefined, now: Instant) =>
  status && {
    witnessed: { ...status, ...(status.at !== undefined && { ageSeconds: Math.max(0, between(status.at, now)) }) },
  }

/** Whether the keys of a source are older than they may be, or never were there. */
export function isStale(source: StartedSource, now: Instant): boolean {
  const { asOf } = source.status()
  return asOf === undefined || between(asOf, now) > source.maxStale
}

/** How a generation, and what outlives it, are now. */
export function statusOf(
  { config, bundles, sources }: Generation,
  revocation: RevocationStatus,
  log: ObservedLog,
  { tree, sinks, witnessed }: Trail,
  clock: Clock,
  candidateOf: (bundle: string) => CandidateStatus | undefined,
): PdpStatus {
  const now = clock()
  const trust = [...sources.values()].map((source) => {
    const status = source.status()
    const age = status.asOf === undefined ? undefined : between(status.asOf, now)
    const { maxStale: maxAgeSeconds } = source
    return {
      ...status,
      maxAgeSeconds,
      stale: isStale(source, now),
      ...(age !== undefined && { ageSeconds: Math.max(0, age) }),
    }
  })
  const lowDisk = tree?.disk().low === true
  const audit = {
    writable: log.writable() && !lowDisk,
    ...(tree && treeStatusOf(tree, now)),
    sinks: sinks(),
    ...witnessedOf(witnessed(), now),
  }
  const told = bundles.list().map((bundle) => {
    const candidate = candidateOf(bundle.name)
    const expired = bundle.expires !== undefined && now >= bundle.expires
    return { ...bundle, expired, ...(candidate && { candidate }) }
  })
  return { config: configDigest(config), trust, bundles: told, revocation, audit }
}
