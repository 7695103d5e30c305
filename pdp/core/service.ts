import type { Seconds } from './time.ts'

/** What is guarded. Audiences and origins are the service's own: evidence meant for another service is refused here. */
export interface Service {
  readonly name: string
  readonly audiences: readonly string[]
  /** External https origins without a trailing slash, as callers address the service; `htu` is compared with them. */
  readonly origins: readonly string[]
  /** The bundle that decides. */
  readonly policy: string
  /** Entrypoint of that bundle, such as `orders/decision`. */
  readonly entrypoint: string
  readonly environment?: string
  /** `required`: no evidence is a deny. `optional`: no evidence at all reaches policy as anonymous. */
  readonly identity: 'required' | 'optional'
  /** Obligation types the enforcement points of this service can perform. */
  readonly obligations: readonly string[]
  readonly reuseMax: Seconds
}

/** A policy enforcement point: who may ask, and what it may vouch for. */
export interface Pep {
  readonly name: string
  readonly services: ReadonlySet<string>
  readonly vouch: { readonly peerCertificate: boolean }
}
