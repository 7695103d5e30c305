import { composeIdentity } from '../../compose/identity.ts'
import { type Introspectors, loadIntrospectors } from '../../compose/introspection.ts'
import { servicesOf } from '../../compose/services.ts'
import type { TrustSurroundings } from '../../compose/trust.ts'
import type { Config } from '../../config/schema.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Service } from '../../core/service.ts'
import type { Verify } from '../../identity/verify.ts'
import type { OwnSecret } from '../../keys/own-secret.ts'
import type { Introspector } from '../../seams.ts'

/**
 * The first gate of a configuration, for one look through it.
 *
 * - `answered`: what an issuer answered about the opaque token, once it did.
 * - `problems`: sources of keys that could not be read.
 */
export interface OpenGate {
  readonly verify: Verify
  readonly services: ReadonlyMap<string, Service>
  readonly problems: readonly string[]
  answered(): JsonObject | undefined
  close(): void
}

/** What the gate is opened with. `introspectors`: in place of those that the configuration makes. */
export interface GateSurroundings extends TrustSurroundings {
  readonly secret: OwnSecret
  readonly introspectors?: Introspectors
}

/**
 * Opens the very gate that the server has, with all keys read. What only a running server knows stands open in it: no
 * single use is claimed here, and no revocation is known.
 */
export async function openGate(
  config: Config,
  { secret, introspectors, ...surroundings }: GateSurroundings,
): Promise<OpenGate> {
  let response: JsonObject | undefined
  const watched = ({ introspect }: Introspector): Introspector => ({
    async introspect(token, frame) {
      const asked = await introspect(token, frame)
      if (asked.ok) ({ response } = asked.value)
      return asked
    },
  })
  const asking = introspectors ?? (await loadIntrospectors(config, surroundings))
  const { verify, sources } = composeIdentity(
    config,
    {
      secret,
      firstUse: { claim: async () => 'first' },
      revocation: { confirmedAt: surroundings.clock, find: () => 'clear' },
    },
    surroundings,
    new Map([...asking].map(([issuer, introspector]) => [issuer, watched(introspector)])),
  )
  const started = await Promise.all(
    [...sources.values()].map(async (source) => ({ source, read: await source.start() })),
  )
  const failed = started.filter(({ read }) => !read.ok).map(({ source }) => source.status())
  return {
    verify,
    services: servicesOf(config),
    problems: failed.map(({ name, lastError = 'it has no keys' }) => `trust: ${name}: ${lastError}`),
    answered: () => response,
    close() {
      for (const source of sources.values()) source.close()
    },
  }
}
