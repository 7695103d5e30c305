import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { loadGiven } from '../config/load-given.ts'
import type { Config } from '../config/schema.ts'
import type { AuthorizeBody } from '../doors/authorize/read-request.ts'
import { type AuthorizeAnswer, createInProcessDoor, type InProcessFetch } from '../embed/in-process-door.ts'
import type { CredentialHeaders } from '../process/dev/credential-methods.ts'
import { StartRefused } from '../process/start-refusals.ts'
import { systemSurroundings } from '../process/system.ts'
import { type GivenPolicy, usualEntrypoint, writeBundle } from './given-policy.ts'
import { mintCredential, type MintRequest } from './mint-credential.ts'
import { runPdp } from './run-pdp.ts'
import type { TestIdentity } from './test-authority.ts'
import type { TestClientFacts } from './test-clients.ts'
import { testConfig, type TestServiceSettings } from './test-config.ts'
import { createTestParties } from './test-parties.ts'

export type { AuthorizeAnswer, AuthorizeBody, CredentialHeaders, GivenPolicy, MintRequest, TestIdentity }

/**
 * What decides, and about what.
 *
 * - `service`: its name. `origin`: as its callers know it, which is its audience too; by default `https://SERVICE.example.org`.
 * - `entrypoint`: the rule that is asked; by default `decision` of the module's package, else of the service's name.
 * - `settings`: others of the service, as `{ obligations: ['mask_fields'], reuse_max_s: 30 }`.
 * - `clients`: who shows an API key, by name, with its facts.
 * - `environment`, `trustDomain`, `issuer`: production, `test.example` and `https://login.example.org` by default.
 * - `listen`: over loopback too, at `url`; else nothing listens.
 */
export type TestPdpOptions = GivenPolicy & {
  readonly service: string
  readonly origin?: string
  readonly entrypoint?: string
  readonly settings?: TestServiceSettings
  readonly clients?: Readonly<Record<string, TestClientFacts>>
  readonly environment?: string
  readonly trustDomain?: string
  readonly issuer?: string
  readonly listen?: boolean
}

/** A decision point for tests of a service, whose callers are whoever the test says. */
export interface TestPdp {
  /** Where it listens, if it does. */
  readonly url: string | undefined
  /** What `createClient` and `createAuthorizer` of `@sallyport/sdk` are given. */
  readonly client: {
    readonly url: string
    readonly service: string
    readonly key: string
    readonly origin: string
    readonly fetch?: InProcessFetch
  }
  /** The `fetch` of a client that asks in process. */
  readonly fetch: InProcessFetch
  /** Decides, as `POST /authorize` does. */
  authorize(body: AuthorizeBody | string): Promise<AuthorizeAnswer>
  /** The headers of a request by which its caller is known. */
  mint(who: MintRequest): Promise<CredentialHeaders>
  /** The X.509-SVID of a workload and its key. `as`: `NAMESPACE/NAME` or a whole SPIFFE ID. */
  mintCertificate(who: { readonly as: string }): TestIdentity
  /** The bundle that decides, for others that are to start faster. */
  readonly bundle: Uint8Array
  /** The authority of those certificates, in PEM. */
  readonly ca: string
  close(): Promise<void>
}

/**
 * Starts a decision point for tests. Every key is made for it and in its memory alone, records end with it, it says `demo` in
 * every answer and listens on loopback if at all. Throws under `NODE_ENV=production`, and what is wrong with the policy.
 */
export async function startTestPdp(options: TestPdpOptions): Promise<TestPdp> {
  if (process.env['NODE_ENV'] === 'production')
    throw new Error('sallyport/testing: is not for production: NODE_ENV says so')
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-test-'))
  try {
    const { close, ...pdp } = await startIn(folder, options)
    const end = async () => {
      await close()
      await rm(folder, { recursive: true, force: true })
    }
    let ended: Promise<void> | undefined
    return { ...pdp, close: () => (ended ??= end()) }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function startIn(folder: string, options: TestPdpOptions): Promise<TestPdp> {
  const { service, environment = 'production', trustDomain = 'test.example', settings = {}, clients = {} } = options
  const { issuer = 'https://login.example.org', origin = `https://${service}.example.org` } = options
  const entrypoint = options.entrypoint ?? usualEntrypoint(options, service)
  const bundle = await writeBundle(options, entrypoint, folder)
  const places = { service, origin, environment, trustDomain, issuer, entrypoint, bundle, folder, settings }
  const config = await checked(places)
  const { clock } = systemSurroundings()
  const parties = await createTestParties(config, { service, trustDomain, clients, folder, clock })
  const { world, authority, key, apiKeys, held } = parties
  const running = await runPdp(config, held, options.listen === true)
  const started = Date.now()
  const door = createInProcessDoor({
    current: running.current,
    demo: true,
    bodyBytes: () => config.limits.body_bytes,
    requestRefused: running.requestRefused,
  })
  const fetch = door.fetchOver((authorization) => ({ authorization }))
  const { url } = running
  return {
    url,
    client: { url: url ?? 'http://localhost', service, key, origin, ...(url === undefined && { fetch }) },
    fetch,
    authorize: (body) => door.authorize(body, { service }, { authorization: `Bearer ${key}` }),
    async mint(who) {
      // single uses of the second of the start could have been claimed before it, and are refused
      const early = 1_000 - (started % 1_000) - (Date.now() - started)
      if (who.method === 'dpop' && early > 0) await wait(early)
      return mintCredential({ world, origin, keys: apiKeys }, who, Date.now())
    },
    mintCertificate: ({ as }) => authority.issue(spiffeIdOf(as, trustDomain), Date.now()),
    ca: authority.ca,
    bundle: await readFile(bundle),
    close: running.close,
  }
}

async function checked(places: Parameters<typeof testConfig>[0]): Promise<Config> {
  const loaded = await loadGiven(testConfig(places), { folder: places.folder, environment: {} })
  if (!loaded.ok) throw new StartRefused(loaded.problems)
  return loaded.config
}

function spiffeIdOf(as: string, trustDomain: string): string {
  if (as.startsWith('spiffe://')) return as
  const [name = '', namespace = 'default'] = as.split('/').reverse()
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${name}`
}
