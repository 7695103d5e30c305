import { X509Certificate } from 'node:crypto'
import type { PdpStatus } from '../compose/pdp-status.ts'
import type { ConcurrencyLimit } from '../doors/concurrency-limit.ts'
import type { Observed } from '../telemetry/observed-gauges.ts'
import { observedTrail } from './observed-trail.ts'

/** Of a process: what it decides with, its places for asks, whether asks may be sent there, and its certificate in PEM. */
export interface ObservedParts {
  readonly status: PdpStatus | undefined
  readonly concurrency: ConcurrencyLimit
  readonly ready: boolean
  readonly certificate: string | undefined
}

/** A process as metrics tell of it. */
export function observedOf({ status, concurrency, ready, certificate }: ObservedParts): Observed {
  const { bundles = [], trust = [], redis, audit, revocation } = status ?? {}
  return {
    ready,
    ...(certificate !== undefined && { certificate: validityOf(certificate) }),
    bundles,
    sources: trust,
    asks: { limit: concurrency.limit(), ...concurrency.taken() },
    ...(redis && { redis }),
    ...(revocation && { revocation }),
    ...(audit && observedTrail(audit)),
  }
}

/** When the first certificate of a chain begins and ends, in ms. */
function validityOf(pem: string): NonNullable<Observed['certificate']> {
  const { validFromDate, validToDate } = new X509Certificate(pem)
  return { begins: validFromDate.getTime(), ends: validToDate.getTime() }
}
