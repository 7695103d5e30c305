import type { Advice, Assurance } from '../core/caller.ts'
import { clauses } from '../core/clause.ts'
import { type Refusal, refuse } from '../core/result.ts'
import { type Instant, toRfc3339 } from '../core/time.ts'
import type { Joined } from './join.ts'
import { stepUp } from './step-up.ts'

export const sunsetClauses = clauses({ method: 'method-sunset' })

/** From when on a kind of credential is no longer taken, by its name. */
export type Sunsets = ReadonlyMap<string, Instant>

/** Refuses a credential of a kind whose day has come, whatever it proves. */
export function checkSunset({ presented }: Joined, sunsets: Sunsets, now: Instant): Refusal | undefined {
  if (sunsets.size === 0) return undefined
  const ended = presented.find(({ verified: { method } }) => !(now < (sunsets.get(method) ?? Number.POSITIVE_INFINITY)))
  if (!ended) return undefined
  const { method } = ended.verified
  const { message } = stepUp(method)
  return refuse('CREDENTIAL_UNSUPPORTED', sunsetClauses.method, `${method} is no longer taken: ${message}`)
}

/** What a caller is told to do next: where a kind of its credentials has a last day, and where it proved as little as can be. */
export function adviceOf({ presented }: Joined, { level }: Assurance, sunsets: Sunsets): readonly Advice[] | undefined {
  if (level > 0 && sunsets.size === 0) return undefined
  const advice = presented.flatMap(({ verified: { method } }): readonly Advice[] => {
    const sunset = sunsets.get(method)
    if (sunset === undefined) return level > 0 ? [] : [{ method, ...stepUp(method) }]
    return [{ method, ...stepUp(method), sunset: toRfc3339(sunset) }]
  })
  return advice.length > 0 ? advice : undefined
}
