import { createHmac } from 'node:crypto'
import type { Caller } from '../../core/caller.ts'

/**
 * Chooses a share of subjects, the same ones on every instance that has the key, and others for each candidate (`of`). Who is
 * nobody in particular is chosen ask by ask. Nobody outside can tell, or choose, on which side a subject is.
 */
export function createShareOfSubjects(share: number, key: Uint8Array, of: string): (caller: Caller) => boolean {
  const range = 2 ** 32
  return ({ subject, ask }) => {
    const who = subject ? ['subject', subject.issuer, subject.id] : ['ask', ask]
    const mac = createHmac('sha256', key)
      .update(JSON.stringify([of, ...who]))
      .digest()
    return mac.readUInt32BE(0) < share * range
  }
}
