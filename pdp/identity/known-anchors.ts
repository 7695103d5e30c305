import { type Clause, clauses } from '../core/clause.ts'
import type { Digest } from '../core/digest.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import { createRecent, type Recent } from '../jose/recent.ts'
import type { AnchorSource, Verified } from '../seams.ts'
import type { Certificate } from '../x509/certificate.ts'
import { readCertificate } from '../x509/read-certificate.ts'

export const knownAnchorClauses = clauses({ sound: 'anchor-answer-sound' })

/** What a chain was found to prove, while it is good: from `notBefore` through `notAfter`. */
export interface ProvenChain {
  readonly verified: Verified
  readonly notBefore: Instant
  readonly notAfter: Instant
}

/** Authorities of one list as they were read, and what chains were found to prove under this very list. */
export interface KnownAnchors {
  readonly certificates: readonly Certificate[]
  find(chain: Digest, now: Instant): Verified | undefined
  put(chain: Digest, proven: ProvenChain): void
}

const rememberedChains = 10_000

/**
 * Makes what reads the authorities of a source, once for each list that it answers: a list that was swapped takes with it
 * whatever was found good under it. An authority that cannot be read authorizes nothing. Errors: those of the source.
 */
export function createKnownAnchors(source: AnchorSource): (frame: Frame) => Promise<Result<KnownAnchors>> {
  const lists = new WeakMap<object, KnownAnchors>()
  return async function knownAnchors(frame) {
    const answer = await source.anchors(frame)
    if (answer.ok !== true) return isRefusal(answer) ? answer : unsound
    const list: unknown = answer.value // of a part that is not ours to trust with its types
    if (!Array.isArray(list) || !list.every((der) => der instanceof Uint8Array)) return unsound
    const known = lists.get(list) ?? readAnchors(list)
    lists.set(list, known)
    return ok(known)
  }
}

const isRefusal = ({ code, clause }: { readonly code?: unknown; readonly clause?: Clause }): boolean =>
  typeof code === 'string' && code !== 'ALLOWED' && clause !== undefined

const unsound = refuse('INTERNAL', knownAnchorClauses.sound, 'a source of authorities answered none and no refusal')

function readAnchors(list: readonly Uint8Array[]): KnownAnchors {
  const proven: Recent<ProvenChain> = createRecent(rememberedChains)
  return {
    certificates: list.flatMap((der) => {
      const read = readCertificate(der)
      return read.ok ? [read.value] : []
    }),
    find(chain, now) {
      const found = proven.get(chain)
      return found && found.notBefore <= now && now <= found.notAfter ? found.verified : undefined
    },
    put: (chain, found) => proven.put(chain, found, 1),
  }
}
