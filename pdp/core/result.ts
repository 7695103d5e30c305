import type { Clause } from './clause.ts'
import type { RefusalCode } from './codes.ts'
import type { Seconds } from './time.ts'

export interface Ok<T> {
  readonly ok: true
  readonly value: T
}

/**
 * An expected refusal: a value, never an exception.
 *
 * - `detail`: a lowercase fragment for the record and the authenticated PEP. Never holds a token, key or expected value.
 * - `challenge`: what the caller may be told so that it can do better; table text and numbers only.
 */
export interface Refusal {
  readonly ok: false
  readonly code: RefusalCode
  readonly clause: Clause
  readonly detail: string
  readonly challenge?: Challenge
}

/**
 * Parameters of a `WWW-Authenticate` challenge beyond the error (RFC 6750 §3, RFC 9449 §8, RFC 9470 §3). `none`: the
 * caller used no scheme, so that there is no challenge, and a 401 would say too much: it is answered with 400.
 * `attestationNonce`: to be signed into the document of a platform, before the same ask is made again.
 * `retryAfter`: from when on the same ask may succeed, said in `Retry-After` (RFC 9110 §10.2.3).
 */
export interface Challenge {
  readonly scheme?: 'Bearer' | 'DPoP' | 'none'
  readonly scope?: string
  readonly acrValues?: string
  readonly nonce?: string
  readonly attestationNonce?: string
  readonly retryAfter?: Seconds
}

export type Result<T> = Ok<T> | Refusal

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value })

export function refuse(code: RefusalCode, clause: Clause, detail: string, challenge?: Challenge): Refusal {
  return challenge ? { ok: false, code, clause, detail, challenge } : { ok: false, code, clause, detail }
}
