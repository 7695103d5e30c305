import { codes } from '../../../core/codes.ts'
import { gaugeOf, gaugesBy, quantileOf, rateOf, ratesBy, type Window } from './deltas.ts'

/** What a decision point does now: rates a second, shares from 0 to 1, times in seconds. Absent is what it does not tell. */
export interface Rates {
  readonly ready: boolean | undefined
  readonly decisions: {
    readonly per_s: number
    readonly allow_per_s: number
    readonly deny_per_s: number
    readonly faults_per_s: number
    readonly p50_s: number | undefined
    readonly p99_s: number | undefined
    readonly denied_by_code: Readonly<Record<string, number>>
    readonly by_service: Readonly<Record<string, number>>
  }
  readonly callers: {
    readonly by_method: Readonly<Record<string, number>>
    readonly by_level: Readonly<Record<string, number>>
  }
  readonly refused_by_code: Readonly<Record<string, number>>
  readonly asks: { readonly under_way?: number; readonly waiting?: number; readonly places?: number }
  readonly cache: { readonly hits: number | undefined; readonly answers_by_cache: Readonly<Record<string, number>> }
  readonly audit: {
    readonly written_per_s: number
    readonly refused_per_s: number
    readonly writable: boolean | undefined
    readonly under_no_checkpoint: number | undefined
    readonly free_bytes: number | undefined
    readonly sink_lag_s: Readonly<Record<string, number>>
  }
  readonly policy: readonly {
    readonly bundle: string
    readonly revision: string
    readonly refused: boolean
    readonly expires_in_s: number | undefined
    readonly candidate: Readonly<Record<string, number>> | undefined
  }[]
  readonly trust_age_s: Readonly<Record<string, number>>
  readonly revocation: { readonly confirmed: boolean | undefined; readonly age_s: number | undefined }
  readonly redis: { readonly connected: boolean; readonly breaker: string } | undefined
  readonly redis_by_outcome: Readonly<Record<string, number>>
}

const decisions = 'sallyport_decisions_total'

const isFault = (code = ''): boolean => Object.hasOwn(codes, code) && 'fault' in codes[code as keyof typeof codes]

/** Reckons it of two readings. `now`: in seconds, for what is told as a time. */
export function reckon(window: Window, now: number): Rates {
  const duration = 'sallyport_decision_duration_seconds'
  const answers = ratesBy(window, 'sallyport_policy_answers_total', 'cache')
  const written = gaugeOf(window, 'sallyport_audit_log_records')
  const covered = gaugeOf(window, 'sallyport_audit_checkpoint_records')
  return {
    ready: bit(gaugeOf(window, 'sallyport_ready')),
    decisions: {
      per_s: rateOf(window, decisions),
      allow_per_s: rateOf(window, decisions, ({ effect }) => effect === 'allow'),
      deny_per_s: rateOf(window, decisions, ({ effect }) => effect === 'deny'),
      faults_per_s: rateOf(window, decisions, ({ code }) => isFault(code)),
      p50_s: quantileOf(window, duration, 0.5),
      p99_s: quantileOf(window, duration, 0.99),
      denied_by_code: ratesBy(window, decisions, 'code', ({ effect }) => effect === 'deny'),
      by_service: ratesBy(window, decisions, 'service'),
    },
    callers: {
      by_method: ratesBy(window, 'sallyport_subject_methods_total', 'method'),
      by_level: ratesBy(window, 'sallyport_subject_assurance_total', 'level'),
    },
    refused_by_code: ratesBy(window, 'sallyport_requests_refused_total', 'code'),
    asks: asksOf(window),
    cache: { hits: hitsOf(answers), answers_by_cache: answers },
    audit: {
      written_per_s: rateOf(window, 'sallyport_audit_records_total'),
      refused_per_s: rateOf(window, 'sallyport_audit_refused_records_total'),
      writable: bit(gaugeOf(window, 'sallyport_audit_writable')),
      under_no_checkpoint: written === undefined ? undefined : Math.max(0, written - (covered ?? 0)),
      free_bytes: gaugeOf(window, 'sallyport_audit_disk_free_bytes'),
      sink_lag_s: gaugesBy(window, 'sallyport_audit_sink_lag_seconds', 'sink'),
    },
    policy: policyOf(window, now),
    trust_age_s: gaugesBy(window, 'sallyport_trust_source_age_seconds', 'source'),
    revocation: {
      confirmed: bit(gaugeOf(window, 'sallyport_revocation_confirmed')),
      age_s: gaugeOf(window, 'sallyport_revocation_age_seconds'),
    },
    redis: redisOf(window),
    redis_by_outcome: ratesBy(window, 'sallyport_redis_commands_total', 'outcome'),
  }
}

const bit = (value: number | undefined): boolean | undefined => (value === undefined ? undefined : value > 0)

function asksOf(window: Window): Rates['asks'] {
  const [inside, waiting, places] = ['in_flight', 'queued', 'limit'].map((name) =>
    gaugeOf(window, `sallyport_asks_${name}`),
  )
  return {
    ...(inside !== undefined && { under_way: inside }),
    ...(waiting !== undefined && { waiting }),
    ...(places !== undefined && { places }),
  }
}

/** Of what could have been in a cache. */
function hitsOf({ 'hit-l1': first = 0, 'hit-l2': second = 0, miss = 0 }: Readonly<Record<string, number>>) {
  const all = first + second + miss
  return all === 0 ? undefined : (first + second) / all
}

function policyOf(window: Window, now: number): Rates['policy'] {
  const refused = gaugesBy(window, 'sallyport_bundle_update_refused', 'bundle')
  const expires = gaugesBy(window, 'sallyport_bundle_expires_timestamp_seconds', 'bundle')
  const candidates = window.after.get('sallyport_bundle_candidate_asks') ?? []
  return (window.after.get('sallyport_bundle_info') ?? []).map(({ labels: { bundle = '', revision = '' } }) => {
    const asks = candidates.filter(({ labels }) => labels['bundle'] === bundle)
    const ends = expires[bundle]
    return {
      bundle,
      revision,
      refused: (refused[bundle] ?? 0) > 0,
      expires_in_s: ends === undefined ? undefined : ends - now,
      candidate:
        asks.length === 0
          ? undefined
          : Object.fromEntries(asks.map(({ labels, value }) => [labels['outcome'] ?? '', value])),
    }
  })
}

function redisOf({ after }: Window): Rates['redis'] {
  const [state] = after.get('sallyport_redis_connected') ?? []
  return state && { connected: state.value > 0, breaker: state.labels['breaker'] ?? '' }
}
