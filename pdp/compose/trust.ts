import { readFileSync } from 'node:fs'
import type { Config } from '../config/schema.ts'
import type { Clock, Instant, Seconds } from '../core/time.ts'
import { parseSpiffeId } from '../core/spiffe-id.ts'
import { seconds } from '../core/time.ts'
import type { RegistryChange } from '../identity/registry/changes.ts'
import type { AnchorSource, PathAidSource, Registry, TrustSource } from '../seams.ts'
import { createFetch } from '../net/fetch.ts'
import { timerSchedule } from '../net/schedule.ts'
import { type BundleEndpoint, createBundleEndpoint } from '../trust/bundle-endpoint.ts'
import { createJwksFile } from '../trust/jwks-file.ts'
import { createPathAidFiles } from '../trust/path-aid-files.ts'
import { createPemAuthorities } from '../trust/pem-authorities.ts'
import { type DocumentStore, keepLastGood, type RestorableSource } from '../trust/keep-last-good.ts'
import { createRemoteJwks } from '../trust/remote-jwks.ts'
import { createSpiffeBundleFile } from '../trust/spiffe-bundle-file.ts'
import type { SharedDocument } from '../trust/shared-document.ts'
import type { TrustStatus } from '../trust/status.ts'
import type { DecisionTracing } from './trace-decisions.ts'
import { createWorkloadBundles, type WorkloadBundles } from '../trust/workload-api/bundles.ts'

export type Anchor = Config['trust'][number]
export type SpiffeAnchor = Extract<Anchor, { readonly spiffe: string }>
export type IssuerAnchor = Extract<Anchor, { readonly issuer: string }>
export type AuthorityAnchor = Extract<Anchor, { readonly ca: string }>
export type ClientAuthorityAnchor = Extract<Anchor, { readonly clients: unknown }>
export type AzureAnchor = Extract<Anchor, { readonly azure_attested: unknown }>

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
  /** Clients, of the registry. */
  readonly registry?: Registry
  /** Keys for workload identity tokens, of a trust domain. */
  readonly witKeys?: TrustSource
  start(): Promise<{ readonly ok: boolean }>
  close(): void
}

/** What a source needs from outside: the time, and randomness from 0 to 1 that spreads refreshes. */
export interface TrustSurroundings {
  readonly clock: Clock
  readonly random: () => number
  /** What listens to the agent on a socket, for all that name it; without it each listens for itself. */
  readonly workloadApi?: WorkloadApis
  /** Takes note of what changed in the registry; without it nobody does. */
  readonly clientsChanged?: (changes: readonly RegistryChange[]) => void
  /** The registry that a fleet shares; without it there is none. */
  readonly sharedClients?: SharedDocument
  /** Where keys from elsewhere are kept for the next start; without it nowhere. */
  readonly lastGood?: LastGood
  /** Without it no request to an issuer is traced. */
  readonly tracing?: Pick<DecisionTracing, 'traces'>
}

/** Where the last good keys of a source are, by the name of the source. `say`: one line for the operator. */
export interface LastGood {
  readonly storeOf: (source: string) => DocumentStore
  readonly say: (line: string) => void
}

/** What listens to the agent on a socket: the same one each time. */
export type WorkloadApis = (socket: string) => WorkloadBundles

/** What listens to agents, each once. */
export function createWorkloadApis({ clock, random }: TrustSurroundings): WorkloadApis {
  const bySocket = new Map<string, WorkloadBundles>()
  return (socket) => {
    const known = bySocket.get(socket) ?? createWorkloadBundles({ socket, clock, random, schedule: timerSchedule })
    bySocket.set(socket, known)
    return known
  }
}

const filePath = (reference: string): string => reference.slice('file:'.length)

/** A name for where the keys of an anchor come from: anchors of one name may share a source. */
export function sourceKeyOf(anchor: Anchor): string {
  if ('spiffe' in anchor) {
    const { spiffe, from, endpoint, max_stale_s, allow_private } = anchor
    return JSON.stringify(['spiffe', spiffe, from, endpoint, max_stale_s, allow_private])
  }
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

/** The authorities under which enforcement points show certificates, of a PEM file or a folder. */
export const createClientCa = (reference: string, { clock }: TrustSurroundings): StartedSource => ({
  ...createPemAuthorities({
    name: 'tls.client_ca',
    path: filePath(reference),
    leaves: 'taken',
    clock,
    schedule: timerSchedule,
  }),
  maxStale: seconds(Number.POSITIVE_INFINITY),
  needed: true,
})

/** The authorities of a PEM file, or of a folder of them. */
function authoritySource({ name, ca }: AuthorityAnchor, { clock }: TrustSurroundings): StartedSource {
  const authorities = createPemAuthorities({ name, path: filePath(ca), clock, schedule: timerSchedule })
  return { ...authorities, maxStale: seconds(Number.POSITIVE_INFINITY) }
}

/** The keys of a trust domain: from a file, from an agent on this machine, or from a bundle endpoint. */
function spiffeSource(anchor: SpiffeAnchor, surroundings: TrustSurroundings): StartedSource {
  const { spiffe: name, from, max_stale_s } = anchor
  const { clock, workloadApi = createWorkloadApis(surroundings) } = surroundings
  const common = { name, clock, schedule: timerSchedule }
  const maxStale = seconds(max_stale_s ?? (from.startsWith('file:') ? Number.POSITIVE_INFINITY : aDay))
  if (from.startsWith('file:')) {
    return { ...createSpiffeBundleFile({ ...common, path: filePath(from), maxStale }), maxStale }
  }
  const source = from.startsWith('unix:')
    ? workloadApi(from.slice('unix:'.length)).domain(name, maxStale)
    : endpointSource(anchor, maxStale, surroundings)
  return { ...kept(source, placeOf(anchor), maxStale, surroundings), maxStale }
}

/** Where keys come from and whose they are; how long they serve may change, and what was kept of them stays. */
const placeOf = (anchor: SpiffeAnchor | IssuerAnchor): readonly unknown[] =>
  'spiffe' in anchor
    ? ['spiffe', anchor.spiffe, anchor.from, anchor.endpoint]
    : ['issuer', anchor.issuer, anchor.jwks ?? '']

/** The source, with what it took last kept for the next start. */
function kept<S extends RestorableSource>(
  source: S,
  place: readonly unknown[],
  maxStale: Seconds,
  { clock, lastGood }: TrustSurroundings,
): S {
  if (!lastGood) return source
  const { storeOf, say } = lastGood
  const [, name] = place
  return keepLastGood(source, {
    store: storeOf(JSON.stringify(place)),
    clock,
    schedule: timerSchedule,
    maxStale,
    say: (line) => say(`trust: ${String(name)}: ${line}`),
  })
}

const aDay = 86_400

function endpointSource(anchor: SpiffeAnchor, maxStale: Seconds, { clock, random }: TrustSurroundings): BundleEndpoint {
  const { spiffe, from, endpoint, allow_private } = anchor
  const options = allow_private ? { privateOrigins: [new URL(from).origin] } : {}
  const common = { trustDomain: spiffe, url: from, clock, schedule: timerSchedule, random, maxStale }
  if (endpoint.profile === 'https_spiffe') {
    const id = parseSpiffeId(endpoint.id)
    if (!id.ok) throw new Error(`trust: ${id.detail}`) // the schema holds that this does not happen
    return createBundleEndpoint({
      ...common,
      profile: { kind: 'https_spiffe', id: id.value, bootstrap: filePath(endpoint.bootstrap) },
      makeFetch: (authenticate) => createFetch({ ...options, ...(authenticate && { authenticate }) }),
    })
  }
  const ca = endpoint.ca === undefined ? undefined : readCa(spiffe, filePath(endpoint.ca))
  const makeFetch = () => createFetch({ ...options, ...(ca !== undefined && { ca }) })
  return createBundleEndpoint({ ...common, profile: { kind: 'https_web' }, makeFetch })
}

/** Read when the configuration is taken, as a mistake in it is told then. */
function readCa(spiffe: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown fault'
    throw new Error(`trust: ${spiffe}: endpoint.ca cannot be read (${code})`)
  }
}

/** The keys of an issuer: from a file, from the URL given, or found by discovery. */
function issuerSource(anchor: IssuerAnchor, surroundings: TrustSurroundings): StartedSource {
  const { clock, random } = surroundings
  const { issuer, jwks, max_stale_s, allow_private } = anchor
  const maxStale = seconds(max_stale_s)
  const common = { name: issuer, clock, schedule: timerSchedule, maxStale }
  if (jwks?.startsWith('file:')) return { ...createJwksFile({ ...common, path: filePath(jwks) }), maxStale }
  const origins = [issuer, ...(jwks === undefined ? [] : [jwks])].map((url) => new URL(url).origin)
  const fetch = createFetch(allow_private ? { privateOrigins: origins } : {})
  const remote = createRemoteJwks({ ...common, issuer, random, fetch, ...(jwks !== undefined && { jwksUri: jwks }) })
  return { ...kept(remote, placeOf(anchor), maxStale, surroundings), maxStale }
}
