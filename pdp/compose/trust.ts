import type { Config } from '../config/schema.ts'
import type { Clock, Seconds } from '../core/time.ts'
import { seconds } from '../core/time.ts'
import type { AnchorSource } from '../seams.ts'
import { createFetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import { createJwksFile } from '../trust/jwks-file.ts'
import { createRemoteJwks } from '../trust/remote-jwks.ts'
import { createSpiffeBundleFile } from '../trust/spiffe-bundle-file.ts'
import type { ObservedTrustSource } from '../trust/status.ts'

export type Anchor = Config['trust'][number]
export type SpiffeAnchor = Extract<Anchor, { readonly spiffe: string }>
export type IssuerAnchor = Extract<Anchor, { readonly issuer: string }>

/**
 * A source that begins to read when started, and ends with close. `maxStale`: how old its keys may become. One of a trust
 * domain may have authorities for X.509-SVIDs too.
 */
export interface StartedSource extends ObservedTrustSource, Partial<Pick<AnchorSource, 'anchors'>> {
  readonly maxStale: Seconds
  start(): Promise<{ readonly ok: boolean }>
  close(): void
}

/** What a source needs from outside: the time, and randomness from 0 to 1 that spreads refreshes. */
export interface TrustSurroundings {
  readonly clock: Clock
  readonly random: () => number
}

const filePath = (reference: string): string => reference.slice('file:'.length)

/** A name for where the keys of an anchor come from: anchors of one name may share a source. */
export const sourceKeyOf = (anchor: Anchor): string =>
  'spiffe' in anchor
    ? JSON.stringify(['spiffe', anchor.spiffe, anchor.from])
    : JSON.stringify(['issuer', anchor.issuer, anchor.jwks, anchor.max_stale_s, anchor.allow_private])

/** The keys of an anchor. Nothing is read before `start`. */
export const createSource = (anchor: Anchor, surroundings: TrustSurroundings): StartedSource =>
  'spiffe' in anchor ? spiffeSource(anchor, surroundings) : issuerSource(anchor, surroundings)

/** The keys of a trust domain. */
function spiffeSource({ spiffe, from }: SpiffeAnchor, { clock }: TrustSurroundings): StartedSource {
  if (!from.startsWith('file:')) throw new Error(`trust: ${spiffe}: only file:PATH is available in this version`)
  const source = createSpiffeBundleFile({ name: spiffe, path: filePath(from), clock, schedule: timerSchedule })
  return { ...source, maxStale: seconds(Number.POSITIVE_INFINITY) }
}

/** The keys of an issuer: from a file, from the URL given, or found by discovery. */
function issuerSource(anchor: IssuerAnchor, { clock, random }: TrustSurroundings): StartedSource {
  const { issuer, jwks, max_stale_s, allow_private } = anchor
  const maxStale = seconds(max_stale_s)
  const common = { name: issuer, clock, schedule: timerSchedule, maxStale }
  if (jwks?.startsWith('file:')) return { ...createJwksFile({ ...common, path: filePath(jwks) }), maxStale }
  const origins = [issuer, ...(jwks === undefined ? [] : [jwks])].map((url) => new URL(url).origin)
  const fetch = createFetch(allow_private ? { privateOrigins: origins } : {})
  const remote = createRemoteJwks({ ...common, issuer, random, fetch, ...(jwks !== undefined && { jwksUri: jwks }) })
  return { ...remote, maxStale }
}
