import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { SpiffeIdParts } from '../core/spiffe-id.ts'
import { type Clock, type Instant, type Seconds, seconds } from '../core/time.ts'
import type { Fetch } from '../net/fetch.ts'
import type { Schedule } from '../net/schedule.ts'
import type { AnchorSource, TrustSource } from '../seams.ts'
import { isEndpoint } from './endpoint-identity.ts'
import { fetchText } from './fetch-text.ts'
import { holdBundle } from './hold-bundle.ts'
import type { RestorableSource } from './keep-last-good.ts'
import { maximumKeySetBytes } from './read-key-set.ts'
import { readSpiffeBundle } from './read-spiffe-bundle.ts'
import { readTextFile } from './read-text-file.ts'
import { refreshDelay } from '../net/refresh-delay.ts'
import { rememberLast } from './remember-last.ts'
import type { ObservedTrustSource } from './status.ts'

export const bundleEndpointClauses = clauses({
  fault: 'trust-bundle-fetch-fault',
  bootstrap: 'spiffe-federation-5.2.2-bootstrap',
})

/**
 * How the endpoint shows who it is (SPIFFE Federation §5.2): by a certificate of its host name, or by an X.509-SVID of `id`
 * under a bundle that a file has. `bootstrap` counts until there is a bundle, where the endpoint serves its own trust
 * domain, and else always.
 */
export type EndpointProfile =
  | { readonly kind: 'https_web' }
  | { readonly kind: 'https_spiffe'; readonly id: SpiffeIdParts; readonly bootstrap: string }

/**
 * - `makeFetch`: the guarded client; with `authenticate`, who answers is judged by that.
 * - `random`: from 0 to 1, 1 excluded; spreads refreshes.
 * - `maxStale`: how long the bundle serves after it was last fetched.
 */
export interface BundleEndpointOptions {
  readonly trustDomain: string
  readonly url: string
  readonly profile: EndpointProfile
  readonly makeFetch: (authenticate?: (chain: readonly Buffer[]) => boolean) => Fetch
  readonly clock: Clock
  readonly schedule: Schedule
  readonly random: () => number
  readonly maxStale: Seconds
}

/** A trust domain whose bundle an endpoint serves. */
export interface BundleEndpoint extends ObservedTrustSource, AnchorSource, RestorableSource {
  readonly witKeys: TrustSource
  /** Fetches, and goes on fetching as often as the bundle says. Answers the outcome of the first fetch. */
  start(): Promise<Result<void>>
  /** Stops fetching for good, one under way included. */
  close(): void
}

const withoutHint = seconds(300)
const fault = refuse(
  'TRUST_UNAVAILABLE',
  bundleEndpointClauses.fault,
  'fetching the bundle failed for a reason of our own',
)

/**
 * Makes a source of a bundle endpoint (SPIFFE Federation §5). Which domain it speaks for, where it is and who it is are
 * configured, never inferred (§7.2); redirects are not followed. No ask waits for it: a bundle serves on through an outage
 * for `maxStale`, while attempts follow each other at growing intervals.
 */
export function createBundleEndpoint(options: BundleEndpointOptions): BundleEndpoint {
  const { trustDomain, url, profile, clock, schedule, random, maxStale } = options
  const { settle, bundle, ...held } = holdBundle(trustDomain, maxStale)
  const read = rememberLast(readSpiffeBundle)
  const closing = new AbortController()
  let authorities: readonly Uint8Array[] = []
  let good: string | undefined
  let failures = 0
  let underWay: Promise<Result<void>> | undefined
  let cancelNext = () => {}
  const fetch =
    profile.kind === 'https_web'
      ? options.makeFetch()
      : options.makeFetch((chain) => isEndpoint(chain, profile.id, authorities, clock()))

  const take = (text: string, asOf: Instant): Result<void> => {
    const taken = settle(read(text), asOf)
    if (taken.ok) good = text
    return taken
  }
  const prepare = async (): Promise<Result<void>> => {
    if (profile.kind === 'https_web') return ok(undefined)
    const own = profile.id.trustDomain === trustDomain ? bundle()?.x509Authorities : undefined
    const known = own ? ok(own) : await readBootstrap(profile.bootstrap)
    if (known.ok) authorities = known.value
    return known.ok ? ok(undefined) : known
  }
  const attempt = async (): Promise<Result<void>> => {
    const asOf = clock() // before the request: what is changed meanwhile is newer than this
    const prepared = await prepare()
    const text = prepared.ok ? await fetchText(fetch, url, 'bundle', closing.signal) : prepared
    if (closing.signal.aborted) return fault
    return text.ok ? take(text.value, asOf) : settle(text, asOf)
  }
  const refresh = (): Promise<Result<void>> => {
    underWay ??= attempt()
      .catch(() => settle(fault, clock()))
      .then((outcome) => {
        underWay = undefined
        failures = outcome.ok ? 0 : failures + 1
        const delay = refreshDelay(failures, bundle()?.refreshHint ?? withoutHint, random)
        cancelNext()
        if (!closing.signal.aborted) cancelNext = schedule(delay, () => void refresh())
        return outcome
      })
    return underWay
  }
  return {
    ...held,
    documents: () => (good === undefined ? [] : [{ kind: 'spiffe-bundle', text: good, asOf: held.asOf() }]),
    restore: ({ text, asOf }) => take(text, asOf),
    start: refresh,
    close() {
      closing.abort()
      cancelNext()
    },
  }
}

async function readBootstrap(path: string): Promise<Result<readonly Uint8Array[]>> {
  const text = await readTextFile(path, maximumKeySetBytes)
  const bundle = text.ok ? readSpiffeBundle(text.value) : text
  return bundle.ok
    ? ok(bundle.value.x509Authorities)
    : refuse('TRUST_UNAVAILABLE', bundleEndpointClauses.bootstrap, `bootstrap bundle: ${bundle.detail}`)
}
