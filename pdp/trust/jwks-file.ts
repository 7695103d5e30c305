import type { JwsAlgorithm } from '../core/key.ts'
import { createFileSource, type FileSourceOptions, type FileTrustSource } from './file-source.ts'
import { readKeySet } from './read-key-set.ts'
import { rememberLast } from './remember-last.ts'
import { takeSnapshot } from './snapshot.ts'

/** `algorithms`: those that keys may be used with at most; all that are accepted at all by default. */
export interface JwksFileOptions extends FileSourceOptions {
  readonly algorithms?: readonly JwsAlgorithm[]
}

/** A trust source of a file that holds a JWK Set (RFC 7517 §5). A malformed file keeps the last good set, and says so. */
export function createJwksFile(options: JwksFileOptions): FileTrustSource {
  const read = rememberLast((text) => readKeySet(text, options.algorithms))
  return createFileSource(options, (text, asOf) => {
    const set = read(text)
    return set.ok ? takeSnapshot(set.value, asOf) : set
  })
}
