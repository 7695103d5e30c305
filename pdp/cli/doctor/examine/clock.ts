import { createFetch } from '../../../net/fetch.ts'
import type { IssuerAnchor } from '../../../compose/trust.ts'
import { anyStatus } from './any-status.ts'
import type { Examined, Finding } from './finding.ts'

/** A header has whole seconds. */
const coarseMs = 1_000

/** Our clock beside those of the issuers, by the `Date` of their answers (RFC 9110 §6.6.1). Redis' is looked at with it. */
export async function examineClock({ config, clock, signal }: Examined): Promise<readonly Finding[]> {
  const issuers = config.trust.filter((anchor): anchor is IssuerAnchor => 'issuer' in anchor && asked(anchor))
  const found = await Promise.all(
    issuers.map(async ({ issuer, jwks, allow_private }): Promise<readonly Finding[]> => {
      const url = jwks ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
      const fetch = createFetch(allow_private ? { privateOrigins: [new URL(url).origin] } : {})
      const before = clock()
      const answer = await fetch(url, { mediaTypes: 'any', statuses: anyStatus, signal })
      const date = answer.ok ? Date.parse(answer.value.headers.get('date') ?? '') : Number.NaN
      if (Number.isNaN(date)) return [] // why there is no answer, `trust` tells
      return [judgeClock(issuer, aheadOf(date, before, clock()), config.limits.clock_skew_s * 1_000, coarseMs)]
    }),
  )
  return found.flat()
}

const asked = ({ jwks }: IssuerAnchor): boolean => jwks?.startsWith('file:') !== true

/** By how much another clock is ahead of ours, which it was read between; 0 where both may say the same. */
export function aheadOf(other: number, before: number, after: number): number {
  if (other < before) return other - before
  return other > after ? other - after : 0
}

/** `aheadMs`: by how much the other clock is ahead of ours. `coarse`: what cannot be told apart from none. */
export function judgeClock(other: string, aheadMs: number, skewMs: number, coarse: number): Finding {
  const about = `ours and ${other}`
  const apart = `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'behind' : 'ahead of'} it`
  const todo = 'set this clock by NTP; what is signed a moment ago is refused else'
  if (Math.abs(aheadMs) <= coarse) return { id: 'clock', about, verdict: 'ok', detail: 'the same' }
  return { id: 'clock', about, verdict: Math.abs(aheadMs) > skewMs ? 'fail' : 'warn', detail: `ours is ${apart}`, todo }
}
