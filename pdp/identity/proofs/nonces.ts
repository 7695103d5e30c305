import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Instant, plus, type Seconds } from '../../core/time.ts'

/** Nonces that nobody has to remember. */
export interface Nonces {
  /** The nonce to use at that service from now on. */
  give(service: string, now: Instant): string
  /** Whether it was given for that service, and not long ago. */
  accepts(nonce: string, service: string, now: Instant): boolean
}

/** How long a nonce is the newest, and how far the clocks of a fleet may differ. */
export interface NonceSettings {
  readonly window: Seconds
  readonly skew: Seconds
  /** How it is written; `hex` in 32 digits, for platforms that sign no more than letters and digits. */
  readonly form?: 'base64url' | 'hex'
}

const numberBytes = 5 // for any window there will be
const macBytes = { base64url: 16, hex: 11 } as const

/**
 * Nonces for proofs (RFC 9449 §8 and §9) and documents: the number of a window of time, with a MAC over it and the service, so that one
 * made for another service, or by someone else, is none. A nonce is good in its window and in the next. All instances that
 * have the `key` accept each other's, also from a window that begins within `skew`.
 */
export function createNonces(key: Uint8Array, { window, skew, form = 'base64url' }: NonceSettings): Nonces {
  const numberAt = (at: Instant) => Math.floor(at / (window * 1000))
  const nonceOf = (number: number, service: string): Buffer => {
    const stamp = Buffer.alloc(numberBytes)
    stamp.writeUIntBE(number, 0, numberBytes)
    const mac = createHmac('sha256', key).update(stamp).update(service).digest() // one length of stamp: no ambiguity
    return Buffer.concat([stamp, mac.subarray(0, macBytes[form])])
  }
  const given = new Map<string, { readonly number: number; readonly text: string }>()
  return {
    give(service, now) {
      const number = numberAt(now)
      const before = given.get(service)
      if (before?.number === number) return before.text
      const text = nonceOf(number, service).toString(form)
      given.set(service, { number, text }) // services are those of the configuration: few
      return text
    },
    accepts(nonce, service, now) {
      const bytes = Buffer.from(nonce, form)
      if (bytes.length !== numberBytes + macBytes[form] || bytes.toString(form) !== nonce) return false
      const number = bytes.readUIntBE(0, numberBytes)
      if (number < numberAt(now) - 1 || number > numberAt(plus(now, skew))) return false
      return timingSafeEqual(bytes, nonceOf(number, service))
    },
  }
}
