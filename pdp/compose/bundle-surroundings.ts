import type { Config } from '../config/schema.ts'
import type { Clock } from '../core/time.ts'
import { createBundleSources } from './bundle-sources.ts'
import type { Lasting } from './generation.ts'
import { keepLastGood, lastGoodBundlesOf } from './keep-last-good.ts'
import type { PdpEvents } from './pdp.ts'

/** What bundles are loaded with, and kept by, under every configuration. */
export function bundleSurroundingsOf(
  config: Config,
  clock: Clock,
  { instanceReplaced = () => undefined }: Partial<PdpEvents>,
  told: PdpEvents['bundleTold'],
): Pick<Lasting, 'bundles' | 'keepBundles'> {
  const lastGood = lastGoodBundlesOf(config)
  return {
    bundles: {
      clock,
      sources: createBundleSources(clock),
      instanceReplaced,
      keptRefused: (name, reason) => told(name, 'kept-refused', reason),
      ...(lastGood && { lastGood }),
    },
    keepBundles: keepLastGood(lastGood, (name, reason) => told(name, 'not-kept', reason)),
  }
}
