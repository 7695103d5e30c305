import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/time.ts'
import { seconds } from '../core/time.ts'
import { createFetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import { createJwksFile } from '../trust/jwks-file.ts'
import { createRemoteJwks } from '../trust/remote-jwks.ts'
import { createSpiffeBundleFile } from '../trust/spiffe-bundle-file.ts'
import type { ObservedTrustSource } from '../trust/status.ts'

export type Anchor = Config['trust'][number]
export type SpiffeAnchor = Extract<Anchor, { readonly spiffe: string }>
export type IssuerAnchor = Extract<Anchor, { readonly issuer: string }>

/** A source that begins to read when started, and ends with close. */
export interface StartedSource extends ObservedTrustSource {
  start(): Promise<unknown>
  close(): void
}

/** What a source needs from outside: the time, and randomness from 0 to 1 that spreads refreshes. */
export interface TrustSurroundings {
  readonly clock: Clock
  readonly random: () => number
}

const filePath = (reference: string): string => reference.slice('file:'.length)

/** The keys of a trust domain. */
export function createSpiffeSource({ spiffe, from }: SpiffeAnchor, { clock }: TrustSurroundings): StartedSource {
  return createSpiffeBundleFile({ name: spiffe, path: filePath(from), clock, schedule: timerSchedule })
}

/** The keys of an issuer: from a file, from the URL given, or found by discovery. */
export function createIssuerSource(anchor: IssuerAnchor, { clock, random }: TrustSurroundings): StartedSource {
  const { issuer, jwks, max_stale_s, allow_private } = anchor
  const common = { name: issuer, clock, schedule: timerSchedule, maxStale: seconds(max_stale_s) }
  if (jwks?.startsWith('file:')) return createJwksFile({ ...common, path: filePath(jwks) })
  const origins = [issuer, ...(jwks === undefined ? [] : [jwks])].map((url) => new URL(url).origin)
  const fetch = createFetch(allow_private ? { privateOrigins: origins } : {})
  return createRemoteJwks({ ...common, issuer, random, fetch, ...(jwks !== undefined && { jwksUri: jwks }) })
}
