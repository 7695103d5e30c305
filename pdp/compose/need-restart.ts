import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/schema.ts'
import { asksForCertificate } from './services.ts'

/** Settings that a running process cannot change: what it holds open, and what it shares out at start. */
const fixed = ['listen', 'state', 'audit', 'fleet', 'workers', 'telemetry', 'log'] as const
const fixedLimits = [
  'cache_entries',
  'body_bytes',
  'in_flight',
  'latency_target_ms',
  'connections',
  'headers_timeout_ms',
  'request_timeout_ms',
  'idle_timeout_ms',
] as const // prettier-ignore

/** The names of settings that differ and that a reload leaves out. */
export function needRestart(before: Config, next: Config): readonly string[] {
  const offBefore = before.tls === undefined || before.tls === 'off'
  const offNext = next.tls === undefined || next.tls === 'off'
  return [
    ...fixed.filter((name) => !isDeepStrictEqual(before[name], next[name])),
    ...fixedLimits.filter((name) => before.limits[name] !== next.limits[name]).map((name) => `limits.${name}`),
    ...(offBefore === offNext ? [] : ['tls']),
    // what a listener asks of its clients in the handshake is fixed when it is made
    ...(asksForCertificate(before) === asksForCertificate(next) ? [] : ['whether peps authenticate by certificate']),
  ]
}
