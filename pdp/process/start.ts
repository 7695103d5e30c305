import { setTimeout as delay } from 'node:timers/promises'
import type { HeldKeys } from '../compose/held-keys.ts'
import { createPdp, type Pdp } from '../compose/pdp.ts'
import type { PdpStatus } from '../compose/pdp-status.ts'
import type { ReloadOutcome } from '../compose/reload.ts'
import type { Config } from '../config/schema.ts'
import { createConcurrencyLimit } from '../doors/concurrency-limit.ts'
import type { Log } from '../telemetry/log.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { createListeners, type Listeners } from './create-listeners.ts'
import { loadOperators, loadTls, type TlsPlaces } from './held-files.ts'
import { observedOf, type ObservedParts } from './observe.ts'
import { createOwnSvids, type OwnSvids } from './own-svids.ts'
import { type Readiness, readinessOf } from './readiness.ts'
import { startRefusals, StartRefused } from './start-refusals.ts'
import { systemSurroundings } from './system.ts'
import { toldEvents } from './told-events.ts'
import { watchLog } from './watch-log.ts'
import { type HeldTls, watchTls } from './watch-tls.ts'

/**
 * - `demo`: a demonstration; it says so in every answer, and refuses to be reached from outside.
 * - `environment`: where `env:` references lead.
 * - `log`: takes lines for the operator.
 * - `held`: keys in memory, in place of files that the configuration names.
 * - `recordKept`: hears of each record that is in memory alone, as a line.
 * - `sharedDoors`: this is one of several workers that answer at the same doors.
 */
export interface StartOptions {
  readonly demo: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly held?: HeldKeys
  readonly recordKept?: (line: string) => void
  readonly sharedDoors?: true
}

/** Where a running process answers: `http://127.0.0.1:7070`, or `unix:PATH`. */
export interface Urls {
  readonly decisions: string
  readonly health: string
  readonly admin: string
  readonly ext_authz?: string
  readonly http_authz?: string
}

/** A process that answers. */
export interface RunningPdp {
  readonly urls: Urls
  readiness(): Readiness | Promise<Readiness>
  /** Takes over a new configuration whole, or keeps the running one and answers why. */
  reload(next: () => Promise<Config>): Promise<ReloadOutcome>
  /** Answers what is on its way, writes what is to be written, ends. Answers whether no connection had to be cut. */
  close(): Promise<boolean>
  /** Makes a close under way faster: a second for what is on its way, no patience with idle connections. */
  hurry(): void
}

/** The same, with what is inside where it decides in this very process. */
export interface RunningInstance extends RunningPdp {
  readonly pdp: Pdp
  readonly metrics: Metrics
}

const watchTlsMs = 5_000

/** Starts a decision point with its listeners. Rejects, with the reason for the operator, if anything of it cannot be. */
export async function startPdp(config: Config, given: StartOptions): Promise<RunningInstance> {
  const svids = createOwnSvids()
  return startWith(svids, config, given).catch((error: unknown) => {
    svids.close()
    throw error
  })
}

async function startWith(svids: OwnSvids, config: Config, given: StartOptions): Promise<RunningInstance> {
  const { demo, environment, log, sharedDoors } = given
  const places: TlsPlaces = { environment, svids }
  const refusals = startRefusals(config, { demo, environment })
  if (refusals.length > 0) throw new StartRefused(refusals)
  if (config.tls === 'off' && Object.values(config.peps).some(({ vouch }) => vouch?.peer_certificate === true))
    log.tell('tls.off', 'tls is off: certificates that enforcement points vouch for do not count')
  const [options, firstOperators] = await Promise.all([loadTls(config, places), loadOperators(config)])
  const { in_flight: maximum, latency_target_ms: targetMs } = config.limits
  const concurrency = createConcurrencyLimit({ maximum, targetMs })
  let held = { config, operators: firstOperators }
  let draining = false
  let tls: HeldTls | undefined
  const { pdp, metrics } = await createObservedPdp(config, given, (status) => {
    const cert = tls?.options().cert
    const ready = status !== undefined && readinessOf(status, { draining, demo }).ready
    return { status, concurrency, ready, certificate: cert === undefined ? undefined : String(cert) }
  })
  tls =
    options &&
    watchTls(options, {
      load: () => loadTls(held.config, places),
      failed: (reason) => log.tell('tls.kept', `certificate kept: ${reason}`),
      replaced: () => log.tell('tls.replaced', 'certificate replaced'),
      everyMs: watchTlsMs,
    })
  const readiness = () => readinessOf(pdp.status(), { draining, demo })
  const endWatch = watchLog(pdp)
  let listeners: Listeners
  try {
    listeners = await createListeners({
      config,
      pdp,
      metrics,
      demo,
      readiness,
      concurrency,
      operators: () => held.operators,
      log,
      ...(tls && { tls }),
      ...(sharedDoors && { sharedDoors }),
    })
  } catch (error) {
    endWatch()
    tls?.close()
    await pdp.close()
    throw error
  }
  const load = async (next: () => Promise<Config>) => {
    const config = await next()
    const refusals = startRefusals(config, { demo, environment })
    if (refusals.length > 0) throw new StartRefused(refusals)
    const [options, operators] = await Promise.all([loadTls(config, places), loadOperators(config)])
    return { config, operators, options }
  }
  const impatience = new AbortController()
  const shutDown = async () => {
    const { drain_ms, grace_s } = held.config.limits
    draining = true
    await delay(drain_ms, undefined, { signal: impatience.signal }).catch(() => undefined)
    const drained = listeners.drain(grace_s * 1_000)
    if (impatience.signal.aborted) listeners.hurry()
    const clean = await drained
    endWatch()
    tls?.close()
    svids.close()
    await pdp.close()
    await listeners.end()
    return clean
  }
  let closed: Promise<boolean> | undefined
  return {
    urls: listeners.urls,
    pdp,
    metrics,
    readiness,
    async reload(next) {
      let loaded: Awaited<ReturnType<typeof load>> | undefined
      const outcome = await pdp.reload(async () => {
        loaded = await load(next)
        return loaded.config
      })
      if (!outcome.applied || !loaded) return outcome
      held = loaded
      if (loaded.options) tls?.replace(loaded.options)
      return outcome
    },
    close: () => (closed ??= shutDown()),
    hurry() {
      impatience.abort()
      listeners.hurry()
    },
  }
}

/** A decision point whose events are counted and told. */
async function createObservedPdp(
  config: Config,
  { environment, held, recordKept, log }: StartOptions,
  observe: (status: PdpStatus | undefined) => ObservedParts,
): Promise<{ readonly pdp: Pdp; readonly metrics: Metrics }> {
  let pdp: Pdp | undefined
  const metrics = createMetrics(() => observedOf(observe(pdp?.status())))
  const events = { ...toldEvents(metrics, log), ...(recordKept && { recordKept }) }
  pdp = await createPdp(config, { ...systemSurroundings(), environment, events }, held)
  return { pdp, metrics }
}
