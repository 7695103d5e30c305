import { clauses } from '../core/clause.ts'
import type { Frame } from '../core/frame.ts'
import type { JwsAlgorithm, VerificationKey } from '../core/key.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { type Clock, type Instant, type Seconds, seconds } from '../core/time.ts'
import type { Fetch } from '../net/fetch.ts'
import type { Schedule } from '../net/schedule.ts'
import type { KeyHint } from '../seams.ts'
import { discover } from './discovery.ts'
import { fetchText } from './fetch-text.ts'
import { holdSnapshot } from './hold-snapshot.ts'
import type { RestorableSource } from './keep-last-good.ts'
import { readKeySet } from './read-key-set.ts'
import { refreshDelay } from '../net/refresh-delay.ts'
import { rememberLast } from './remember-last.ts'
import { type Snapshot, takeSnapshot } from './snapshot.ts'
import type { ObservedTrustSource } from './status.ts'
import { createTokenBucket } from './token-bucket.ts'
import { waitUntil } from './wait-until.ts'

export const remoteJwksClauses = clauses({ deadline: 'trust-refetch-deadline', fault: 'trust-fetch-fault' })

const fault = refuse('TRUST_UNAVAILABLE', remoteJwksClauses.fault, 'fetching the keys failed for a reason of our own')

/**
 * - `issuer`: exactly as tokens and discovery name it. `jwksUri`: where its keys are, if discovery is not to be asked.
 * - `algorithms`: those that keys may be used with at most; all that are accepted at all by default.
 * - `random`: from 0 to 1, 1 excluded; spreads refreshes.
 * - `every`: between refreshes, 5 minutes by default; a key that the issuer removed is refused after the next one.
 * - `maxStale`: how long keys serve after they were last fetched; 24 hours by default.
 * - `refetchEvery`: between two refetches that unknown `kid`s may cause; a minute by default.
 */
export interface RemoteJwksOptions {
  readonly name?: string
  readonly issuer: string
  readonly jwksUri?: string
  readonly algorithms?: readonly JwsAlgorithm[]
  readonly fetch: Fetch
  readonly clock: Clock
  readonly schedule: Schedule
  readonly random: () => number
  readonly every?: Seconds
  readonly maxStale?: Seconds
  readonly refetchEvery?: Seconds
}

export interface RemoteJwks extends ObservedTrustSource, RestorableSource {
  /** Fetches, and goes on fetching in the background. Answers the outcome of the first fetch; asks need not wait for it. */
  start(): Promise<Result<void>>
  /** Stops fetching for good, one under way included. The keys that are there serve on until they are too old. */
  close(): void
}

/**
 * A trust source of an issuer's published keys.
 *
 * No ask waits but one with an unknown `kid` while all is well: those share one refetch, at most one each `refetchEvery`,
 * and wait until their own deadline. After a failed fetch none waits and none causes a fetch, until one succeeds in the
 * background, where attempts follow each other at growing intervals. Keys serve on through an outage for `maxStale`.
 */
export function createRemoteJwks({
  issuer,
  name = issuer,
  jwksUri,
  algorithms,
  fetch,
  clock,
  schedule,
  random,
  every = seconds(300),
  maxStale = seconds(86_400),
  refetchEvery = seconds(60),
}: RemoteJwksOptions): RemoteJwks {
  const holder = holdSnapshot(name, maxStale)
  const read = rememberLast((text) => readKeySet(text, algorithms))
  const bucket = createTokenBucket(1, refetchEvery, schedule)
  const closing = new AbortController()
  let good: string | undefined
  let failures = 0
  let underWay: Promise<Result<void>> | undefined
  let cancelNext = () => {}

  const take = (text: string, asOf: Instant): Result<Snapshot> => {
    const set = read(text)
    const taken = set.ok ? takeSnapshot(set.value, asOf) : set
    if (taken.ok) good = text
    return taken
  }
  const fetchSnapshot = async (): Promise<Result<Snapshot>> => {
    const asOf = clock() // before the request: what the issuer changes meanwhile is newer than this
    const uri = jwksUri === undefined ? await discover(issuer, fetch, closing.signal) : ok(jwksUri)
    if (!uri.ok) return uri
    const text = await fetchText(fetch, uri.value, 'key set', closing.signal)
    if (!text.ok) return text
    return take(text.value, asOf)
  }
  const settleOnce = async (): Promise<Result<void>> => {
    const taken = await fetchSnapshot().catch(() => fault)
    if (!closing.signal.aborted) {
      holder.settle(taken)
      failures = taken.ok ? 0 : failures + 1
    }
    return taken.ok ? ok(undefined) : taken
  }
  const refresh = (): Promise<Result<void>> => {
    underWay ??= settleOnce().finally(() => {
      underWay = undefined
      if (closing.signal.aborted) return
      cancelNext() // a refetch takes the place of the refresh that was to come
      cancelNext = schedule(refreshDelay(failures, every, random), () => void refresh())
    })
    return underWay
  }
  const mayHelp = (hint: KeyHint): boolean =>
    hint.kid !== undefined && !holder.knows(hint.kid) && failures === 0 && !closing.signal.aborted

  const keys = async (hint: KeyHint, frame: Frame): Promise<Result<readonly VerificationKey[]>> => {
    const selected = holder.select(hint, frame.now)
    if (selected.ok || selected.code !== 'KEY_UNKNOWN' || !mayHelp(hint)) return selected
    const refetch = underWay ?? (bucket.take() ? refresh() : undefined)
    if (!refetch) return selected
    const inTime = await waitUntil(refetch, clock(), frame.deadline, schedule)
    return inTime
      ? holder.select(hint, frame.now)
      : refuse('TRUST_UNAVAILABLE', remoteJwksClauses.deadline, 'keys were not refetched within the deadline')
  }
  return {
    asOf: holder.asOf,
    status: holder.status,
    keys,
    documents: () => (good === undefined ? [] : [{ kind: 'jwks', text: good, asOf: holder.asOf() }]),
    restore({ text, asOf }) {
      const taken = take(text, asOf)
      holder.settle(taken)
      return taken
    },
    start: refresh,
    close() {
      closing.abort()
      cancelNext()
      bucket.close()
    },
  }
}
