import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Instant, instant } from '../core/time.ts'

/**
 * Authenticates what stands in Redis or is told over it: whoever can write there can write nothing that counts.
 *
 * A sealed value holds: one byte of version · MAC (32) · end of its life, milliseconds since the epoch as a double (8) ·
 * the value. The MAC is HMAC-SHA-256 over length and bytes of the name, the end, and the value: a value moved to another
 * key, given a longer life or changed is forged.
 */
export interface Sealer {
  /** `name`: the key it will stand under, or the channel it is told on. */
  seal(name: string, value: Uint8Array, until: Instant): Buffer
  open(name: string, sealed: Uint8Array, now: Instant): Opened
}

/** `ended`: it was ours, and its life is over: Redis had forgotten it, so somebody wrote it back, or a clock is wrong. */
export type Opened =
  | { readonly ok: true; readonly value: Buffer; readonly until: Instant }
  | { readonly ok: false; readonly why: 'forged' | 'ended' }

const version = 1
const macBytes = 32
const head = 1 + macBytes + 8

const forged: Opened = { ok: false, why: 'forged' }
const ended: Opened = { ok: false, why: 'ended' }

/** Seals under the first key. Opens under each, so that instances may change to a new secret one after the other. */
export function createSealer(keys: readonly [Uint8Array, ...Uint8Array[]]): Sealer {
  return {
    seal(name, value, until) {
      const sealed = Buffer.allocUnsafe(head + value.length)
      sealed.writeUInt8(version, 0)
      sealed.writeDoubleBE(until, 1 + macBytes)
      sealed.set(value, head)
      macOf(keys[0], name, sealed.subarray(1 + macBytes)).copy(sealed, 1)
      return sealed
    },
    open(name, given, now) {
      const sealed = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
      if (sealed.length < head || sealed[0] !== version) return forged
      const mac = sealed.subarray(1, 1 + macBytes)
      const body = sealed.subarray(1 + macBytes)
      if (!keys.some((key) => timingSafeEqual(macOf(key, name, body), mac))) return forged
      const until = instant(body.readDoubleBE(0))
      return until > now ? { ok: true, value: body.subarray(8), until } : ended
    },
  }
}

function macOf(key: Uint8Array, name: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(`${Buffer.byteLength(name)}:${name}`, 'utf8')
    .update(body)
    .digest()
}
