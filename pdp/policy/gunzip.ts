import { promisify } from 'node:util'
import { gunzip as inflate } from 'node:zlib'
import { clauses } from '../core/clause.ts'
import { ok, type Result, refuse } from '../core/result.ts'

export const gzipClauses = clauses({
  compressed: 'bundle-compressed-size',
  expanded: 'bundle-expanded-size',
  ratio: 'bundle-ratio',
  format: 'bundle-gzip',
})

/** Bounds in bytes; `ratio` of expanded to compressed bytes counts once more than 1 MiB came out. */
export interface GzipLimits {
  readonly compressed: number
  readonly expanded: number
  readonly ratio: number
}

const inflateAsync = promisify(inflate)
const smallEnough = 1_048_576

/** Expands a gzip file off the thread. Refuses (POLICY_ERROR) what is too large, expands too much, or is no gzip. */
export async function gunzip(archive: Uint8Array, limits: GzipLimits): Promise<Result<Uint8Array>> {
  if (archive.length > limits.compressed)
    return refuse('POLICY_ERROR', gzipClauses.compressed, `the bundle is larger than ${limits.compressed} bytes`)
  const byRatio = Math.max(smallEnough, archive.length * limits.ratio)
  const maximum = Math.min(limits.expanded, byRatio)
  try {
    return ok(await inflateAsync(archive, { maxOutputLength: maximum }))
  } catch (error) {
    if (!(error instanceof RangeError))
      return refuse('POLICY_ERROR', gzipClauses.format, 'the bundle is not a complete gzip file')
    return maximum === limits.expanded
      ? refuse('POLICY_ERROR', gzipClauses.expanded, `the bundle expands to more than ${limits.expanded} bytes`)
      : refuse('POLICY_ERROR', gzipClauses.ratio, `the bundle expands to more than ${limits.ratio} times its size`)
  }
}
