import { canonicalText } from '../core/canonical-bytes.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import { between, type Instant, plus, type Seconds, seconds } from '../core/time.ts'
import type { FirstUse, Use } from '../seams.ts'

/**
 * - `startedAt`: when this process began to remember.
 * - `leeway`: how far ahead of ours an issuer's clock may be and still be accepted; 0 if absent.
 * - `maximum`: how many uses are held at once.
 */
export interface MemoryFirstUseOptions {
  readonly startedAt: Instant
  readonly leeway?: Seconds
  readonly maximum: number
}

interface Claim {
  readonly by: Digest
  readonly at: Instant
  readonly until: Instant
}

const retryWindow = seconds(5)

/**
 * Remembers single uses in this process alone. Answers within the call, so that claims never interleave.
 *
 * `unknown`, a deny, wherever it cannot know: a use issued before `startedAt + leeway` may have been claimed before the
 * start (so whoever presents one is refused until its acceptance window has passed); a use that ended by the latest time
 * seen may have been forgotten; and when `maximum` is reached nothing in force is forgotten to make room.
 *
 * Time is the latest `frame.now` seen: a clock set back never revives what was forgotten.
 */
export function createMemoryFirstUse({ startedAt, leeway, maximum }: MemoryFirstUseOptions): FirstUse {
  const knowsFrom = plus(startedAt, leeway ?? seconds(0))
  const claims = new Map<Digest, Claim>()
  const expiry = createExpiry(claims)
  let latest = startedAt

  function decide(uses: readonly Use[], by: Digest, now: Instant) {
    if (!Number.isFinite(now)) return 'unknown'
    if (now > latest) latest = now
    expiry.forgetBefore(latest)
    if (!uses.every((use) => use.issuedAt >= knowsFrom && use.until > latest && Number.isFinite(use.until))) {
      return 'unknown'
    }
    const fresh = new Map<Digest, Claim>()
    const known: Claim[] = []
    for (const { purpose, parts, until } of uses) {
      const key = sha256(canonicalText([purpose, parts]))
      const earlier = claims.get(key)
      if (earlier && earlier.until > latest) {
        known.push(earlier)
        continue
      }
      claims.delete(key) // it ended within this second
      if ((fresh.get(key)?.until ?? 0) < until) fresh.set(key, { by, at: now, until })
    }
    if (known.length > 0)
      return fresh.size === 0 && known.every((claim) => isRetry(claim, by, now)) ? 'same-ask' : 'used'
    if (claims.size + fresh.size > maximum) return 'unknown'
    for (const [key, claim] of fresh) {
      claims.set(key, claim)
      expiry.add(key, claim)
    }
    return 'first'
  }

  return { claim: async (uses, by, frame) => decide(uses, by, frame.now) }
}

const isRetry = (claim: Claim, by: Digest, now: Instant): boolean =>
  claim.by === by && Math.abs(between(claim.at, now)) <= retryWindow

/** Forgets claims by the second in which they end, so that a claim costs the same however many are held. */
function createExpiry(claims: Map<Digest, Claim>) {
  const buckets = new Map<number, Digest[]>()
  const secondOf = (at: Instant) => Math.floor(at / 1000)
  let next = -Infinity // the earliest second that may hold a bucket

  function forget(second: number) {
    for (const key of buckets.get(second) ?? []) {
      const claim = claims.get(key)
      if (claim && secondOf(claim.until) === second) claims.delete(key) // else the key was claimed again, for longer
    }
    buckets.delete(second)
  }

  return {
    add(key: Digest, { until }: Claim) {
      const bucket = buckets.get(secondOf(until))
      if (bucket) bucket.push(key)
      else buckets.set(secondOf(until), [key])
    },
    forgetBefore(now: Instant) {
      const end = secondOf(now)
      if (next >= end) return
      // after a long pause there are fewer buckets than seconds
      if (end - next > buckets.size) for (const second of [...buckets.keys()].filter((s) => s < end)) forget(second)
      else for (let second = next; second < end; second++) forget(second)
      next = end
    },
  }
}
