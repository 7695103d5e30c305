import { isDeepStrictEqual } from 'node:util'
import { clauses } from '../core/clause.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import { ok, type Refusal, type Result, refuse } from '../core/result.ts'
import { instant } from '../core/time.ts'
import { loadBundle, type LoadBundleOptions, type LoadedBundle } from './load-bundle.ts'
import { loadDelta } from './load-delta.ts'
import { statementClauses } from './signature/check-statement.ts'
import { isDelta } from './unpack-bundle.ts'

export const offerClauses = clauses({
  base: 'bundle-delta-has-base',
  deltas: 'bundle-delta-count',
})

/** A bundle that may decide, and the archives that it was made of: a snapshot, then the deltas over it, each signed. */
export interface HeldBundle {
  readonly bundle: LoadedBundle
  readonly archives: readonly Uint8Array[]
  /** Of the archive that came last: what is offered again is known by it. */
  readonly last: Digest
}

const maximumDeltas = 256

/**
 * Makes of an offered archive the bundle that takes the place of `active`: a snapshot, or a delta over it. Whatever is
 * wrong with it (POLICY_ERROR), `active` stays as it is. With signers, an older sequence than that of `active` is refused.
 */
export async function offerBundle(
  archive: Uint8Array,
  active: HeldBundle | undefined,
  options: LoadBundleOptions,
): Promise<Result<HeldBundle>> {
  const last = sha256(archive)
  const { sequence, content } = active?.bundle.signed?.statement ?? {}
  const newest = sequence !== undefined && content !== undefined && { newest: { sequence, content } }
  const rules = { ...options, statement: { ...options.statement, ...newest } }
  if (!(await isDelta(archive, options.limits))) {
    const loaded = await loadBundle(archive, rules)
    if (loaded.ok) return ok({ bundle: loaded.value, archives: [archive], last })
    return (await wholeOf(archive, active, options, loaded)) ?? loaded
  }
  if (!active) return refuse('POLICY_ERROR', offerClauses.base, 'a delta is offered and there is no bundle to change')
  if (active.archives.length > maximumDeltas)
    return refuse('POLICY_ERROR', offerClauses.deltas, `there are ${maximumDeltas} deltas already; serve a snapshot`)
  const loaded = await loadDelta(archive, active.bundle, rules)
  return loaded.ok ? ok({ bundle: loaded.value, archives: [...active.archives, archive], last }) : loaded
}

/**
 * A snapshot under the sequence of the last delta, where both come to the same: whoever lost count of the deltas is served
 * such a one. Undefined for anything else.
 */
async function wholeOf(
  archive: Uint8Array,
  active: HeldBundle | undefined,
  options: LoadBundleOptions,
  { clause }: Refusal,
): Promise<Result<HeldBundle> | undefined> {
  if (!active || active.archives.length === 1 || clause !== statementClauses.content) return undefined
  const loaded = await loadBundle(archive, options)
  const { moduleDigest, source, roots, corpus } = active.bundle
  const isSame =
    loaded.ok &&
    loaded.value.moduleDigest === moduleDigest &&
    isDeepStrictEqual(dataOf(loaded.value.source), dataOf(source)) &&
    loaded.value.roots.join() === roots.join() &&
    Buffer.compare(loaded.value.corpus ?? none, corpus ?? none) === 0
  return isSame ? ok({ bundle: loaded.value, archives: [archive], last: sha256(archive) }) : undefined
}

const none = Buffer.alloc(0)

/** As `startBundle` wrote it; members may stand in another order. */
const dataOf = ({ data }: LoadedBundle['source']): unknown => JSON.parse(Buffer.from(data).toString('utf8'))

/**
 * Makes a bundle again of the archives that it was made of, with every check but that of its expiry: one that has ended
 * decides nothing, and still says which sequence was active.
 */
export async function remakeBundle(
  archives: readonly Uint8Array[],
  options: LoadBundleOptions,
): Promise<Result<HeldBundle> | undefined> {
  const beforeAnyExpiry = { ...options, statement: { ...options.statement, now: instant(0) } }
  let made: HeldBundle | undefined
  for (const archive of archives) {
    const next = await offerBundle(archive, made, beforeAnyExpiry)
    if (!next.ok) return next
    made = next.value
  }
  return made && ok(made)
}
