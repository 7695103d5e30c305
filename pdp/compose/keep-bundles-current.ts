import { readBundleFile } from './bundles.ts'
import { followBundles, type FollowBundlesParts } from './follow-bundles.ts'
import { watchBundles, type WatchBundlesParts } from './watch-bundles.ts'

/**
 * Takes what the sources of bundles have, from now on: files are watched, servers followed. A start leaves out of a file
 * what may only be a candidate; it is offered first. Answers the function that ends it.
 */
export async function keepBundlesCurrent(parts: WatchBundlesParts & FollowBundlesParts): Promise<() => void> {
  for (const [name, { file, rollout }] of Object.entries(parts.bundles()))
    if (file !== undefined && rollout) await parts.update(name, await readBundleFile(file))
  const ends = [watchBundles(parts), followBundles(parts)]
  return () => {
    for (const end of ends) end()
  }
}
