import type { Digest } from '../core/digest.ts'

/** How a flight ended: with something that those who wait may share, with something they may not, or not at all well. */
export type Landing<T> =
  | { readonly outcome: 'kept'; readonly value: T }
  | { readonly outcome: 'not-kept' }
  | { readonly outcome: 'failed' }

/** Work under way that others wait for, by key. */
export interface Flights<T> {
  /** What is under way for this key. Never rejects. */
  of(key: Digest): Promise<Landing<T>> | undefined
  /** Begins one. The answered function ends it, once; what is not ended in time counts as failed. */
  begin(key: Digest): (landing: Landing<T>) => void
}

/** `waitMs`: how long others wait for one flight. */
export function createFlights<T>(waitMs: number): Flights<T> {
  const flights = new Map<Digest, Promise<Landing<T>>>()
  return {
    of: (key) => flights.get(key),
    begin(key) {
      const { promise, resolve } = Promise.withResolvers<Landing<T>>()
      flights.set(key, promise)
      function land(landing: Landing<T>): void {
        clearTimeout(timer)
        if (flights.get(key) === promise) flights.delete(key)
        resolve(landing)
      }
      const timer = setTimeout(land, waitMs, { outcome: 'failed' })
      return land
    },
  }
}
