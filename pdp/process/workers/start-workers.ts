import cluster from 'node:cluster'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { auditLogRoute } from '../../admin/audit-log.ts'
import { candidateRoute } from '../../admin/candidates.ts'
import { revocationRoutes } from '../../admin/revocations.ts'
import { statusRoute } from '../../admin/status.ts'
import type { ReloadOutcome } from '../../compose/reload.ts'
import { configDigest } from '../../config/config-digest.ts'
import { readAddress } from '../../config/read-address.ts'
import type { Config } from '../../config/schema.ts'
import { createAdminListener } from '../admin-listener.ts'
import { createHealthServer } from '../health-server.ts'
import { loadOperators, loadTls } from '../held-files.ts'
import { listen, prepareSocket } from '../listen.ts'
import { addressOf } from '../listeners-parts.ts'
import { createOwnSvids } from '../own-svids.ts'
import type { Readiness } from '../readiness.ts'
import { startRefusals, StartRefused } from '../start-refusals.ts'
import type { RunningPdp, StartOptions } from '../start.ts'
import { watchTls } from '../watch-tls.ts'
import { gather } from './gather.ts'
import { supervise } from './supervise.ts'
import { createWorkerHandle } from './worker-handle.ts'
import { workerConfig } from './worker-config.ts'

const watchTlsMs = 5_000
const extraMs = 10_000

/**
 * Starts `workers` equal instances on one port, each a process. This one takes connections and hands them over in turn,
 * serves health, metrics and administration for all, and decides nothing.
 */
export async function startWorkers(config: Config, { environment, log }: StartOptions): Promise<RunningPdp> {
  const refusals = startRefusals(config, { demo: false, environment })
  if (refusals.length > 0) throw new StartRefused(refusals)
  const adminAddress = addressOf(config.listen.admin ?? `unix:${join(config.state, 'admin.sock')}`)
  const places = { environment, svids: createOwnSvids() }
  let held = { config, operators: await loadOperators(config) }
  const options = adminAddress.kind === 'tcp' ? await loadTls(config, places) : undefined
  for (const path of socketsOf(config)) await prepareSocket(path)
  const umask = process.umask(0o077) // sockets of doors are made here, for workers that then give them their mode
  cluster.setupPrimary({ exec: fileURLToPath(new URL(entry, import.meta.url)), args: [], serialization: 'advanced' })
  cluster.schedulingPolicy = cluster.SCHED_RR
  const fork = () => createWorkerHandle(cluster.fork())
  const supervisor = supervise({ count: config.workers, fork, umask, log })
  const gathered = gather(supervisor)
  let draining = false
  const readiness = async (): Promise<Readiness> => {
    const { ready, demo, checks } = await gathered.readiness()
    const own = { name: 'process', ok: !draining, detail: draining ? 'draining' : 'running' }
    return { ready: ready && own.ok, demo, checks: [own, ...checks] }
  }
  const tls =
    options &&
    watchTls(options, {
      load: () => loadTls(held.config, places),
      failed: (reason) => log.tell('tls.kept', `certificate kept: ${reason}`),
      replaced: () => log.tell('tls.replaced', 'certificate replaced'),
      everyMs: watchTlsMs,
    })
  const health = createHealthServer({ readiness, metrics: gathered.metrics })
  const admin = createAdminListener({ config, operators: () => held.operators, ...(tls && { tls }) }, adminAddress, [
    statusRoute(async () => ({ ...(await readiness()), workers: await gathered.status() })),
    auditLogRoute(gathered.readLog),
    ...revocationRoutes(gathered.desk),
    candidateRoute(gathered.candidates),
  ])
  const endOwn = () => {
    tls?.close()
    places.svids.close()
    for (const server of [admin, health]) {
      server.close()
      server.closeAllConnections()
    }
  }
  const urls = await (async () => {
    try {
      const doors = await supervisor.start(config)
      const healthAt = await listen(
        health,
        addressOf(config.listen.health),
        Number.parseInt(config.listen.socket_mode, 8),
      )
      const adminAt = await listen(admin, adminAddress, 0o600)
      return {
        ...doors,
        health: config.listen.health.startsWith('unix:') ? healthAt : `http://${healthAt}`,
        admin: adminAddress.kind === 'unix' ? adminAt : `${tls ? 'https' : 'http'}://${adminAt}`,
      }
    } catch (error) {
      await supervisor.close(extraMs)
      endOwn()
      throw error
    }
  })()

  async function reload(next: () => Promise<Config>): Promise<ReloadOutcome> {
    let config: Config
    let operators: typeof held.operators
    try {
      config = await next()
      const refusals = startRefusals(config, { demo: false, environment })
      if (refusals.length > 0) throw new StartRefused(refusals)
      operators = await loadOperators(config)
    } catch (error) {
      return { applied: false, reason: error instanceof Error ? error.message : 'an unknown fault' }
    }
    let taken = false
    for (const [i, worker] of supervisor.workers().entries()) {
      if (!worker) continue
      const outcome = await worker
        .call('reload', workerConfig(config, i + 1))
        .catch(() => ({ applied: false, reason: 'it ended' }) as const)
      if (outcome.applied && !taken) {
        taken = true
        supervisor.configure(config)
      } else if (!outcome.applied && !taken) {
        return outcome // and so would the others
      } else if (!outcome.applied) {
        log.tell(
          'config.kept',
          `worker ${i + 1} kept its configuration, and is ended to take the new one: ${outcome.reason}`,
        )
        worker.kill()
      }
    }
    if (!taken) return { applied: false, reason: 'no worker is there' }
    held = { config, operators }
    return { applied: true, digest: configDigest(config) }
  }

  let last: Promise<unknown> = Promise.resolve()
  let closed: Promise<boolean> | undefined
  const shutDown = async (): Promise<boolean> => {
    draining = true
    const { drain_ms, grace_s } = held.config.limits
    const clean = await supervisor.close(drain_ms + grace_s * 1_000 + extraMs)
    endOwn()
    return clean
  }
  return {
    urls,
    readiness,
    reload(next) {
      const outcome = last.then(() => reload(next))
      last = outcome.catch(() => undefined)
      return outcome
    },
    close: () => (closed ??= shutDown()),
    hurry() {
      for (const worker of supervisor.workers()) worker?.call('hurry').catch(() => undefined)
    },
  }
}

// built, this file ends in .js, and so does its neighbour
const entry = import.meta.url.endsWith('.ts') ? './instance-worker.ts' : './instance-worker.js'

/** The paths of doors that are Unix sockets. */
const socketsOf = ({ listen: { decisions, ext_authz, http_authz } }: Config): readonly string[] =>
  [decisions, ext_authz, http_authz].flatMap((text) => {
    const address = text === undefined ? undefined : readAddress(text)
    return address?.kind === 'unix' ? [address.path] : []
  })
