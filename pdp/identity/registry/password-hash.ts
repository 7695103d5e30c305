import { scrypt, timingSafeEqual } from 'node:crypto'
import type { KeyMaterial } from '../../core/client.ts'
import { createSlots } from '../../core/slots.ts'

/** How a secret that a person chose was hashed (RFC 7914). */
export type PasswordHash = Extract<KeyMaterial, { readonly form: 'scrypt' }>

/**
 * Compares secrets with hashes that are slow on purpose. `matches` answers undefined where too many wait already: there is
 * only so much memory. Without a hash it does the work all the same, and answers false.
 */
export interface Passwords {
  matches(secret: string, hash: PasswordHash | undefined): Promise<boolean | undefined>
}

/** Of what a new hash is made, and one that is none: 32 MiB and some 60 ms. */
export const passwordCost = { cost: 2 ** 15, blockSize: 8, parallelization: 1 } as const

export const passwordBytes = { salt: 16, hash: 32 } as const

const memoryFactor = 2 // of what scrypt needs: 128 × N × r

// two of the four threads that the runtime has for files too: the log must still be written
const usual = { atOnce: 2, waiting: 32 }

const nothing: PasswordHash = {
  form: 'scrypt',
  ...passwordCost,
  salt: Buffer.alloc(passwordBytes.salt),
  hash: Buffer.alloc(passwordBytes.hash),
}

/** Hashes off the thread that decides, a few at a time. */
export function createPasswords({ atOnce, waiting } = usual): Passwords {
  const slots = createSlots(atOnce, waiting)
  return {
    async matches(secret, given) {
      const hash = given ?? nothing
      const slot = slots.take()
      if (!slot) return undefined
      const giveBack = await slot
      try {
        const derived = await hashPassword(secret, hash)
        return timingSafeEqual(derived, hash.hash) && given !== undefined
      } finally {
        giveBack()
      }
    },
  }
}

/** The hash of a secret; `salt`: 16 random bytes. */
export function hashPassword(secret: string, settings: Omit<PasswordHash, 'form' | 'hash'>): Promise<Buffer> {
  const { cost, blockSize, parallelization, salt } = settings
  const maxmem = memoryFactor * 128 * cost * blockSize
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, passwordBytes.hash, { cost, blockSize, parallelization, maxmem }, (error, derived) =>
      error ? reject(error) : resolve(derived),
    )
  })
}
