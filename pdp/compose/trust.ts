import type { Config } from '../config/schema.ts'
import type { Clock, Instant, Seconds } from '../core/time.ts'
import { seconds } from '../core/time.ts'
import type { AnchorSource, PathAidSource, TrustSource } from '../seams.ts'
import { createFetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import { createJwksFile } from '../trust/jwks-file.ts'
import { createPathAidFiles } from '../trust/path-aid-files.ts'
import { createPemFile } from '../trust/pem-file.ts'
import { createRemoteJwks } from '../trust/remote-jwks.ts'
import { createSpiffeBundleFile } from '../trust/spiffe-bundle-file.ts'
import type { TrustStatus } from '../trust/status.ts'

export type Anchor = Config['trust'][number]
export type SpiffeAnchor = Extract<Anchor, { readonly spiffe: string }>
export type IssuerAnchor = Extract<Anchor, { readonly issuer: string }>
export type AuthorityAnchor = Extract<Anchor, { readonly ca: string }>

/**
 * A source that begins to read when started, and ends with close. `maxStale`: how old what it has may become. `needed`:
 * without a good first read there is no start. It has what its kind has: keys of tokens, authorities of certificates, or
 * what helps to build paths to those.
 */
export interface StartedSource
  extends Partial<Pick<TrustSource, 'keys'> & Pick<AnchorSource, 'anchors'> & PathAidSource> {
  readonly maxStale: Seconds
  readonly needed?: true
  asOf(): Instant
  status(): TrustStatus
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
export function sourceKeyOf(anchor: Anchor): string {
  if ('spiffe' in anchor) return JSON.stringify(['spiffe', anchor.spiffe, anchor.from])
  if ('ca' in anchor) return JSON.stringify(['ca', anchor.name, anchor.ca])
  return JSON.stringify(['issuer', anchor.issuer, anchor.jwks, anchor.max_stale_s, anchor.allow_private])
}

/** The keys of an anchor. Nothing is read before `start`. */
export function createSource(anchor: Anchor, surroundings: TrustSurroundings): StartedSource {
  if ('spiffe' in anchor) return spiffeSource(anchor, surroundings)
  return 'ca' in anchor ? authoritySource(anchor, surroundings) : issuerSource(anchor, surroundings)
}

/** A name for where the aids of an anchor come from, as {@link sourceKeyOf}; undefined where it has none. */
export function aidsKeyOf(anchor: SpiffeAnchor | AuthorityAnchor): string | undefined {
  const { intermediates, crls } = anchor
  return intermediates === undefined && crls.length === 0
    ? undefined
    : JSON.stringify(['aids', nameOf(anchor), intermediates, crls])
}

/** The intermediates and the lists of revoked certificates of an anchor. */
export function createAidSource(
  anchor: SpiffeAnchor | AuthorityAnchor,
  { clock }: TrustSurroundings,
): StartedSource & PathAidSource {
  const { intermediates, crls } = anchor
  const files = createPathAidFiles({
    name: `${nameOf(anchor)} intermediates and crls`,
    clock,
    schedule: timerSchedule,
    lists: crls.map(filePath),
    ...(intermediates !== undefined && { intermediates: filePath(intermediates) }),
  })
  // who configured a list wants it asked: without it nothing would be known to be revoked
  return { ...files, maxStale: seconds(Number.POSITIVE_INFINITY), needed: true }
}

const nameOf = (anchor: SpiffeAnchor | AuthorityAnchor): string => ('spiffe' in anchor ? anchor.spiffe : anchor.name)

/** The authorities of a PEM file. */
function authoritySource({ name, ca }: AuthorityAnchor, { clock }: TrustSurroundings): StartedSource {
  const file = createPemFile({ name, path: filePath(ca), clock, schedule: timerSchedule })
  return { ...file, maxStale: seconds(Number.POSITIVE_INFINITY) }
}

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
