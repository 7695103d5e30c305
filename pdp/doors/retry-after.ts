import type { Refusal } from '../core/result.ts'

const shedPause = 1 // seconds: a place may be free at any moment

/** From when on the same ask may succeed, for whoever is told (RFC 9110 §10.2.3): whole seconds, never too few. */
export function retryAfterOf({
  code,
  challenge,
}: Pick<Refusal, 'challenge'> & { readonly code: string }): Readonly<Record<string, string>> {
  const wait = code === 'SHED' ? shedPause : challenge?.retryAfter
  return wait === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(wait))) }
}
