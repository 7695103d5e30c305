import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HeldKeys } from '../compose/held-keys.ts'
import { sourceKeyOf } from '../compose/trust.ts'
import type { Config } from '../config/schema.ts'
import { sha256 } from '../core/digest.ts'
import { type Clock, instant } from '../core/time.ts'
import { makeSecret } from '../keys/own-secret.ts'
import { heldReference } from '../process/demo/demo-config.ts'
import { createHeldSource } from '../process/demo/held-source.ts'
import { createDevWorld, type DevWorld } from '../process/dev/dev-world.ts'
import { createTestAuthority, type TestAuthority } from './test-authority.ts'
import { createTestClients, type TestClientFacts } from './test-clients.ts'
import { testFiles, testPep } from './test-config.ts'

/**
 * Everybody but the decision point, each with keys made for this process. `key`: of the enforcement point. `apiKeys`: by
 * client. `held`: what the decision point knows of them.
 */
export interface TestParties {
  readonly world: DevWorld
  readonly authority: TestAuthority
  readonly key: string
  readonly apiKeys: ReadonlyMap<string, string>
  readonly held: HeldKeys
}

export interface TestPartiesParts {
  readonly service: string
  readonly trustDomain: string
  readonly clients: Readonly<Record<string, TestClientFacts>>
  readonly folder: string
  readonly clock: Clock
}

/** Makes the parties of a configuration, and writes what it has files for: public halves and digests alone. */
export async function createTestParties(
  config: Config,
  { service, trustDomain, clients, folder, clock }: TestPartiesParts,
): Promise<TestParties> {
  const secret = makeSecret((length) => randomBytes(length))
  const world = createDevWorld(config)
  const authority = createTestAuthority(trustDomain, clock())
  const registered = await createTestClients(clients, { service, secret, now: instant(clock()) })
  const [domain, login] = world.issuers
  const svidKey = { ...domain?.key.publicJwk, kid: domain?.key.verification.kid, use: 'jwt-svid' }
  await writeFile(join(folder, testFiles.trust), JSON.stringify({ keys: [authority.jwk, svidKey] }))
  await writeFile(join(folder, testFiles.registry), registered.registry)
  const key = world.peps[testPep] ?? ''
  const sources = config.trust.flatMap((anchor) =>
    'issuer' in anchor && login ? [[sourceKeyOf(anchor), createHeldSource(login, clock)] as const] : [],
  )
  return {
    world,
    authority,
    key,
    apiKeys: registered.keys,
    held: {
      secret,
      sources: new Map(sources),
      digests: new Map([[heldReference({ name: testPep }), [sha256(key)]]]),
    },
  }
}
