import { seconds } from '../core/time.ts'
import type { AnchorSource, TrustSource } from '../seams.ts'
import type { FileSourceOptions, FileTrustSource } from './file-source.ts'
import { holdBundle } from './hold-bundle.ts'
import { maximumKeySetBytes } from './read-key-set.ts'
import { readSpiffeBundle, type SpiffeBundle } from './read-spiffe-bundle.ts'
import { readTextFile } from './read-text-file.ts'
import { rememberLast } from './remember-last.ts'
import { createRepeatedRead } from './repeated-read.ts'

/** A trust source of a file that holds a SPIFFE bundle. Its keys serve JWT-SVIDs, its authorities X.509-SVIDs. */
export interface SpiffeBundleFile extends FileTrustSource, AnchorSource {
  readonly witKeys: TrustSource
  /** The bundle in use, authorities for X.509-SVIDs included; absent before the first good one. */
  bundle(): SpiffeBundle | undefined
}

/** Makes a source of a bundle file. A malformed bundle keeps the last good one, and so does an older one. */
export function createSpiffeBundleFile({
  name,
  path,
  clock,
  schedule,
  every = seconds(30),
  maxStale = seconds(Number.POSITIVE_INFINITY),
}: FileSourceOptions): SpiffeBundleFile {
  const { settle, ...held } = holdBundle(name, maxStale)
  const read = rememberLast(readSpiffeBundle)
  const reading = createRepeatedRead(
    async (asOf) => {
      const text = await readTextFile(path, maximumKeySetBytes)
      return settle(text.ok ? read(text.value) : text, asOf)
    },
    { clock, schedule, every },
  )
  return { ...held, ...reading }
}
