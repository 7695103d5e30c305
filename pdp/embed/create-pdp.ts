import { resolve } from 'node:path'
import { createPdp as compose, type Pdp as ComposedPdp, type PdpEvents } from '../compose/pdp.ts'
import type { PdpStatus } from '../compose/pdp-status.ts'
import type { ReloadOutcome } from '../compose/reload.ts'
import { loadGiven } from '../config/load-given.ts'
import type { Config, ConfigInput } from '../config/schema.ts'
import type { AuthorizeBody } from '../doors/authorize/read-request.ts'
import { type Readiness, readinessOf } from '../process/readiness.ts'
import { StartRefused } from '../process/start-refusals.ts'
import { systemSurroundings } from '../process/system.ts'
import { watchLog } from '../process/watch-log.ts'
import { embedRefusals } from './embed-refusals.ts'
import { type AskOptions, type AuthorizeAnswer, createInProcessDoor, type InProcessFetch } from './in-process-door.ts'

/**
 * - `folder`: where relative paths of a configuration begin that is no file; by default where the program was started.
 * - `environment`: where `env:` references lead and `SALLYPORT_*` settings come from, such as `process.env`; absent, nowhere.
 * - `events`: ears for what happens inside and no caller is told.
 */
export interface EmbedOptions {
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly events?: Partial<PdpEvents>
}

/** `pep`: as which enforcement point, by its name; may be absent where only one may ask for the service. */
export interface EmbeddedAskOptions extends AskOptions {
  readonly pep?: string
}

/** A decision point inside this program. */
export interface Pdp {
  /**
   * Decides on an ask, as `POST /authorize` does. The program is the enforcement point here: the request is taken to be as it
   * says, and a certificate or an address counts where `vouch` of its entry lets it. Rejects for a body that is no JSON alone.
   */
  authorize(body: AuthorizeBody | string, options?: EmbeddedAskOptions): Promise<AuthorizeAnswer>
  /** What clients of a decision point take as their `fetch`, so that they ask this one: `createClient` of `@sallyport/sdk`. */
  fetchAs(pep?: string): InProcessFetch
  /** Whether it can decide, and what is in the way. */
  readiness(): Readiness
  status(): PdpStatus
  /** Takes over another configuration whole, or keeps the one in use and answers why. */
  reload(config: string | ConfigInput): Promise<ReloadOutcome>
  /** What operators do to revocations. */
  readonly revocations: ComposedPdp['revocations']
  /** Ends it; records are written before. Every ask after that is denied. */
  close(): Promise<void>
}

/**
 * Makes a decision point in this process, of the configuration that `sallyport start` takes: the path of its file, or what
 * would stand in it. It listens nowhere; `listen`, `tls`, `admin` and `log` are not looked at. Waits until it can decide. Throws
 * {@link StartRefused}, each problem with its place, for a configuration that cannot be used.
 */
export async function createPdp(given: string | ConfigInput, options: EmbedOptions = {}): Promise<Pdp> {
  const { folder = '.', environment = {}, events } = options
  const load = async (from: string | ConfigInput): Promise<Config> => {
    const loaded = await loadGiven(from, { folder: resolve(folder), environment })
    if (!loaded.ok) throw new StartRefused(loaded.problems)
    const refusals = embedRefusals(loaded.config)
    if (refusals.length > 0) throw new StartRefused(refusals)
    return loaded.config
  }
  let config = await load(given)
  const pdp = await compose(config, { ...systemSurroundings(), environment, ...(events && { events }) })
  const endWatch = watchLog(pdp)
  const door = createInProcessDoor({
    current: pdp.current,
    demo: false,
    bodyBytes: () => config.limits.body_bytes,
    requestRefused: pdp.requestRefused,
  })
  let closing: Promise<void> | undefined
  return {
    authorize: (body, { pep, ...asked } = {}) => door.authorize(body, asked, { embedded: { pep } }),
    fetchAs: (pep) => door.fetchOver(() => ({ embedded: { pep } })),
    readiness: () => readinessOf(pdp.status(), { draining: closing !== undefined, demo: false }),
    status: pdp.status,
    async reload(next) {
      let loaded = config
      const outcome = await pdp.reload(async () => (loaded = await load(next)))
      if (outcome.applied) config = loaded
      return outcome
    },
    revocations: pdp.revocations,
    close() {
      endWatch()
      return (closing ??= pdp.close())
    },
  }
}
