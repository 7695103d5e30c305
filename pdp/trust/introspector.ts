import { clauses } from '../core/clause.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import { type JsonObject, member } from '../core/json.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { type Clock, earliest, fromNumericDate, type Instant, plus, type Seconds, seconds } from '../core/time.ts'
import type { Schedule } from '../net/schedule.ts'
import type { Introspection, Introspector } from '../seams.ts'
import { createRememberedAnswers } from './remembered-answers.ts'
import { createSlots } from '../core/slots.ts'
import { waitUntil } from './wait-until.ts'

export const introspectorClauses = clauses({
  busy: 'introspection-room',
  deadline: 'introspection-deadline',
  fault: 'introspection-fault',
})

/** Asks the endpoint once. The text is what was answered, for its length. Must not reject. */
export type AskEndpoint = (token: string) => Promise<Result<{ readonly response: JsonObject; readonly length: number }>>

/**
 * - `maxCached`: for how long an answer may be used again; never beyond the `exp` in it.
 * - `concurrency`: how many requests are on their way at once; four times as many tokens may wait.
 */
export interface IntrospectorOptions {
  readonly ask: AskEndpoint
  readonly clock: Clock
  readonly schedule: Schedule
  readonly maxCached: Seconds
  readonly concurrency: number
}

/** A token that was good a moment ago is likely to come again; one that was not should become good soon after it is. */
const maximumNegative = seconds(5)
const rememberedCharacters = 16 * 1024 * 1024
/** Apart, so that made-up tokens push none of the good ones out. */
const rememberedNegatives = 2 * 1024 * 1024

/** A token that is being asked about, and when the last who waits for the answer gives up. */
interface Flight {
  readonly outcome: Promise<Result<Introspection>>
  awaitedUntil: Instant
}

const full = refuse(
  'TRUST_UNAVAILABLE',
  introspectorClauses.busy,
  'too many tokens wait for the introspection endpoint already',
)
const late = refuse(
  'TRUST_UNAVAILABLE',
  introspectorClauses.deadline,
  'introspection endpoint did not answer within the deadline',
)
const fault = refuse('TRUST_UNAVAILABLE', introspectorClauses.fault, 'introspection failed for a reason of our own')

/**
 * Makes what asks an issuer about tokens (RFC 7662). Asks about the same token share one request. What was answered is
 * remembered under the digest of the token; what failed is not, and an old answer never stands in for it.
 */
export function createIntrospector({
  ask,
  clock,
  schedule,
  maxCached,
  concurrency,
}: IntrospectorOptions): Introspector {
  const good = createRememberedAnswers(rememberedCharacters)
  const bad = createRememberedAnswers(rememberedNegatives)
  const slots = createSlots(concurrency, concurrency * 4)
  const underWay = new Map<Digest, Flight>()

  const find = (token: Digest, now: Instant): Introspection | undefined =>
    [good.get(token), bad.get(token)].find((answer) => answer && isFresh(answer, now, maxCached))

  async function fly(token: string, digest: Digest, room: Promise<() => void>): Promise<Result<Introspection>> {
    const giveBack = await room
    try {
      const asOf = clock() // before the request: what the issuer revokes meanwhile is newer than this
      if (!(asOf < (underWay.get(digest)?.awaitedUntil ?? asOf))) return late
      const asked = await ask(token)
      if (!asked.ok) return asked
      const { response, length } = asked.value
      const answer = { response, asOf, until: untilOf(response, asOf, maxCached) }
      const [same, other] = isActive(response) ? [good, bad] : [bad, good]
      other.forget(digest) // a clock that was set back must not bring an earlier answer to life
      same.put(digest, answer, length)
      return ok(answer)
    } finally {
      giveBack()
      underWay.delete(digest)
    }
  }

  function begin(token: string, digest: Digest, awaitedUntil: Instant): Flight | Refusal {
    const room = slots.take()
    if (!room) return full
    const flight: Flight = { outcome: fly(token, digest, room).catch(() => fault), awaitedUntil }
    underWay.set(digest, flight)
    return flight
  }

  return {
    async introspect(token, { now, deadline }) {
      const digest = sha256(token)
      const known = find(digest, now)
      if (known) return ok(known)
      const flight = underWay.get(digest) ?? begin(token, digest, deadline)
      if ('ok' in flight) return flight
      if (deadline > flight.awaitedUntil) flight.awaitedUntil = deadline
      const inTime = await waitUntil(flight.outcome, clock(), deadline, schedule)
      return inTime ? flight.outcome : late
    },
  }
}

const isActive = (response: JsonObject): boolean => member(response, 'active') === true

/** An answer from a time that a clock set back has not reached again counts as old. */
const isFresh = ({ asOf, until }: Introspection, now: Instant, maxCached: Seconds): boolean =>
  now < until && plus(now, maxCached) > asOf

function untilOf(response: JsonObject, asOf: Instant, maxCached: Seconds): Instant {
  if (!isActive(response)) return plus(asOf, maxCached < maximumNegative ? maxCached : maximumNegative)
  const exp = member(response, 'exp')
  const cached = plus(asOf, maxCached)
  return typeof exp === 'number' ? earliest(cached, fromNumericDate(exp)) : cached
}
