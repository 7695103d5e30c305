import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../../pdp/core/json.ts'
import type { VerificationKey } from '../../../pdp/core/key.ts'
import type { Result } from '../../../pdp/core/result.ts'
import { seconds } from '../../../pdp/core/time.ts'
import { readJwk } from '../../../pdp/jose/read-jwk.ts'
import { createFetch } from '../../../pdp/net/fetch.ts'
import type { FileSourceOptions, FileTrustSource } from '../../../pdp/trust/file-source.ts'
import { createJwksFile } from '../../../pdp/trust/jwks-file.ts'
import { createRemoteJwks } from '../../../pdp/trust/remote-jwks.ts'
import { createSpiffeBundleFile } from '../../../pdp/trust/spiffe-bundle-file.ts'
import { createStaticKeys } from '../../../pdp/trust/static-keys.ts'
import type { ObservedTrustSource } from '../../../pdp/trust/status.ts'
import { discoveryPath, raw, startIssuer } from '../../support/issuer-server.ts'
import { createManualTime, type ManualTime } from '../../support/manual-time.ts'

/** One implementation of the seam, with the hands that move what is behind it. */
export interface TrustHarness {
  readonly source: ObservedTrustSource
  readonly time: ManualTime
  /** Makes these public JWKs the whole set, and has the source take note. Answers what it made of them. */
  publish(jwks: readonly JsonObject[]): Promise<Result<unknown>>
  /** Takes the set away altogether, where there is something to take away. */
  lose(): Promise<Result<unknown>>
  close(): Promise<void>
}

/** How long keys serve in this suite, in seconds. */
export const maxStale = seconds(3600)

/**
 * Every implementation of `TrustSource`.
 *
 * - `startsEmpty`: it reads its set from elsewhere, and has none before it did.
 * - `needsKid`: a key without a kid refuses the set.
 */
export const implementations: readonly {
  readonly name: string
  readonly startsEmpty: boolean
  readonly needsKid: boolean
  readonly make: () => Promise<TrustHarness>
}[] = [
  { name: 'static keys', startsEmpty: false, needsKid: false, make: makeStatic },
  {
    name: 'JWKS file',
    startsEmpty: true,
    needsKid: false,
    make: () => makeFile(createJwksFile, (jwks) => ({ keys: jwks })),
  },
  {
    name: 'SPIFFE bundle file',
    startsEmpty: true,
    needsKid: true,
    make: () => makeFile(createSpiffeBundleFile, bundleOf()),
  },
  { name: 'remote JWKS by discovery', startsEmpty: true, needsKid: false, make: () => makeRemote(false) },
  { name: 'remote JWKS by its url', startsEmpty: true, needsKid: false, make: () => makeRemote(true) },
]

async function makeStatic(): Promise<TrustHarness> {
  const time = createManualTime()
  const source = createStaticKeys({ name: 'source', keys: [], clock: time.clock, maxStale })
  return {
    source,
    time,
    publish: async (jwks) => source.replace(jwks.map(keyOf)),
    lose: async () => source.replace([]),
    close: async () => {},
  }
}

async function makeFile(
  create: (options: FileSourceOptions) => FileTrustSource,
  write: (jwks: readonly JsonObject[]) => unknown,
): Promise<TrustHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'trust-'))
  const path = join(folder, 'keys.json')
  const time = createManualTime()
  const source = create({ name: 'source', path, clock: time.clock, schedule: time.schedule, maxStale })
  return {
    source,
    time,
    async publish(jwks) {
      await writeFile(path, JSON.stringify(write(jwks)))
      return source.reload()
    },
    async lose() {
      await rm(path)
      return source.reload()
    },
    async close() {
      source.close()
      await rm(folder, { recursive: true })
    },
  }
}

const bundleOf = () => {
  let sequence = 0
  return (jwks: readonly JsonObject[]) => ({
    spiffe_sequence: ++sequence,
    keys: jwks.map((jwk) => ({ ...jwk, use: 'jwt-svid' })),
  })
}

async function makeRemote(direct: boolean): Promise<TrustHarness> {
  const server = await startIssuer()
  const time = createManualTime()
  const source = createRemoteJwks({
    name: 'source',
    issuer: server.origin,
    fetch: createFetch({ privateOrigins: [server.origin] }),
    clock: time.clock,
    schedule: time.schedule,
    random: () => 0.5,
    maxStale,
    ...(direct && { jwksUri: server.keysUrl }),
  })
  // This suite is about what is served; what an unknown kid causes is shown elsewhere.
  return {
    source,
    time,
    publish(jwks) {
      server.publish(jwks)
      server.describe({ issuer: server.origin, jwks_uri: server.keysUrl })
      return source.start()
    },
    lose() {
      server.answer(discoveryPath, raw(''))
      server.answer('/keys', raw(''))
      return source.start()
    },
    async close() {
      source.close()
      await server.down()
    },
  }
}

/** The key that a source should answer for a JWK. */
function keyOf(jwk: JsonObject): VerificationKey {
  const read = readJwk(jwk, 'KEY_UNKNOWN')
  if (!read.ok) throw new Error(read.detail)
  return read.value
}

/** The id under which a source should answer a JWK. */
export const idOf = (jwk: JsonObject): string => keyOf(jwk).id
