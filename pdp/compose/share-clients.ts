import type { Redis } from '../net/redis.ts'
import type { Sealer } from '../net/sealer.ts'
import { createSharedDocument, type SharedDocument } from '../trust/shared-document.ts'

/** The registry that a fleet shares, over a connection of its own that is made when it is first asked for. */
export function shareClients(
  connect: () => Redis,
  key: string,
  sealer: Sealer,
): { readonly document: SharedDocument; readonly close: () => void } {
  let redis: Redis | undefined
  const open = () => (redis ??= connect())
  return {
    document: createSharedDocument({
      redis: { get: (name) => open().get(name), run: (script, keys, args) => open().run(script, keys, args) },
      key,
      sealer,
    }),
    close: () => redis?.close(),
  }
}
