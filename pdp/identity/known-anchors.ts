import { type Clause, clauses } from '../core/clause.ts'
import type { Digest } from '../core/digest.ts'
import type { Frame } from '../core/frame.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import type { Instant } from '../core/time.ts'
import { createRecent, type Recent } from '../jose/recent.ts'
import type { AnchorSource, PathAids, PathAidSource } from '../seams.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { CertificateList } from '../x509/certificate-list.ts'
import { readCertificate } from '../x509/read-certificate.ts'
import { readCertificateList } from '../x509/read-certificate-list.ts'

export const knownAnchorClauses = clauses({
  sound: 'anchor-answer-sound',
  aids: 'path-aid-answer-sound',
  list: 'path-aid-list-readable',
})

/** What a chain was found to prove, while it is good: from `notBefore` through `notAfter`. */
export interface ProvenChain<Proven> {
  readonly proven: Proven
  readonly notBefore: Instant
  readonly notAfter: Instant
}

/** Authorities of one list as they were read with their aids, and what chains were found to prove under these very ones. */
export interface KnownAnchors<Proven> {
  readonly anchors: readonly Certificate[]
  readonly intermediates: readonly Certificate[]
  readonly lists: readonly CertificateList[]
  find(chain: Digest, now: Instant): Proven | undefined
  put(chain: Digest, proven: ProvenChain<Proven>): void
}

const rememberedChains = 10_000
const noAids: PathAids = { intermediates: [], lists: [] }

/**
 * Makes what reads the authorities of a source, once for each list that it answers: a list that was swapped takes with it
 * whatever was found good under it, and so do swapped aids. An authority or an intermediate that cannot be read is as
 * good as absent; a list of revoked certificates that cannot be read denies (TRUST_UNAVAILABLE). Errors: also those of
 * the sources.
 */
export function createKnownAnchors<Proven>(
  source: AnchorSource,
  aidSource?: PathAidSource,
): (frame: Frame) => Promise<Result<KnownAnchors<Proven>>> {
  const known = new WeakMap<object, WeakMap<object, Result<KnownAnchors<Proven>>>>()
  return async function knownAnchors(frame) {
    const answer = await source.anchors(frame)
    if (answer.ok !== true) return isRefusal(answer) ? answer : unsound
    const list: unknown = answer.value // of a part that is not ours to trust with its types
    if (!isListOfBytes(list)) return unsound
    const aids = await readAids(aidSource, frame)
    if (!aids.ok) return aids
    const byAids = known.get(list) ?? new WeakMap<object, Result<KnownAnchors<Proven>>>()
    known.set(list, byAids)
    const read = byAids.get(aids.value) ?? readAnchors<Proven>(list, aids.value)
    byAids.set(aids.value, read)
    return read
  }
}

async function readAids(source: PathAidSource | undefined, frame: Frame): Promise<Result<PathAids>> {
  if (!source) return ok(noAids)
  const answer = await source.aids(frame)
  if (answer.ok !== true) return isRefusal(answer) ? answer : unsoundAids
  const aids: Partial<PathAids> | undefined = answer.value // the same
  return isListOfBytes(aids?.intermediates) && isListOfBytes(aids.lists) ? answer : unsoundAids
}

const isListOfBytes = (list: unknown): list is readonly Uint8Array[] =>
  Array.isArray(list) && list.every((der) => der instanceof Uint8Array)

const isRefusal = (answer: { readonly code?: unknown; readonly clause?: Clause } | undefined): boolean =>
  typeof answer?.code === 'string' && answer.code !== 'ALLOWED' && answer.clause !== undefined

const unsound = refuse('INTERNAL', knownAnchorClauses.sound, 'a source of authorities answered none and no refusal')
const unsoundAids = refuse('INTERNAL', knownAnchorClauses.aids, 'a source of intermediates answered nothing usable')
const unreadableList = refuse(
  'TRUST_UNAVAILABLE',
  knownAnchorClauses.list,
  'a configured list of revoked certificates cannot be read',
)

function readAnchors<Proven>(list: readonly Uint8Array[], aids: PathAids): Result<KnownAnchors<Proven>> {
  const lists = aids.lists.map(readCertificateList)
  if (!lists.every((each) => each.ok)) return unreadableList
  const chains: Recent<ProvenChain<Proven>> = createRecent(rememberedChains)
  return ok({
    anchors: readable(list),
    intermediates: readable(aids.intermediates),
    lists: lists.map(({ value }) => value),
    find(chain, now) {
      const found = chains.get(chain)
      return found && found.notBefore <= now && now <= found.notAfter ? found.proven : undefined
    },
    put: (chain, found) => chains.put(chain, found, 1),
  })
}

const readable = (list: readonly Uint8Array[]): readonly Certificate[] =>
  list.flatMap((der) => {
    const read = readCertificate(der)
    return read.ok ? [read.value] : []
  })
