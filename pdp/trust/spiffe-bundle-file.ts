import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'
import { seconds } from '../core/time.ts'
import type { AnchorSource } from '../seams.ts'
import { checkFresh } from './check-fresh.ts'
import { createFileSource, type FileSourceOptions, type FileTrustSource } from './file-source.ts'
import { readSpiffeBundle, type SpiffeBundle } from './read-spiffe-bundle.ts'
import { rememberLast } from './remember-last.ts'
import { takeSnapshot } from './snapshot.ts'

export const spiffeBundleFileClauses = clauses({ rollback: 'spiffe-bundle-4.1.1-rollback' })

/** A trust source of a file that holds a SPIFFE bundle. Its keys serve JWT-SVIDs, its anchors X.509-SVIDs. */
export interface SpiffeBundleFile extends FileTrustSource, AnchorSource {
  /** The bundle in use, authorities for X.509-SVIDs included; absent before the first good one. */
  bundle(): SpiffeBundle | undefined
}

/**
 * Makes a source of a bundle file. A malformed bundle keeps the last good one, and so does one of a lower sequence or
 * of none after one with: it is older, and may bring back a key that was withdrawn.
 */
export function createSpiffeBundleFile(options: FileSourceOptions): SpiffeBundleFile {
  const read = rememberLast(readSpiffeBundle)
  const { maxStale = seconds(Number.POSITIVE_INFINITY) } = options
  let current: SpiffeBundle | undefined
  const source = createFileSource(options, (text, asOf) => {
    const bundle = read(text)
    if (!bundle.ok) return bundle
    const newer = checkSequence(current, bundle.value)
    if (!newer.ok) return newer
    const taken = takeSnapshot(bundle.value.jwtKeys, asOf)
    if (taken.ok) current = bundle.value
    return taken
  })
  return {
    ...source,
    bundle: () => current,
    async anchors({ now }) {
      const fresh = checkFresh(current && { asOf: source.asOf(), list: current.x509Authorities }, now, maxStale)
      return fresh.ok ? ok(fresh.value.list) : fresh
    },
  }
}

function checkSequence(current: SpiffeBundle | undefined, next: SpiffeBundle): Result<void> {
  if (current?.sequence === undefined) return ok(undefined)
  if (next.sequence === undefined || next.sequence < current.sequence) {
    return refuse(
      'TRUST_UNAVAILABLE',
      spiffeBundleFileClauses.rollback,
      'bundle has a lower sequence than the last one',
    )
  }
  return ok(undefined)
}
