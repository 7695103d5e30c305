import type { Server as HttpServer } from 'node:http'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { auditLogRoute } from '../admin/audit-log.ts'
import { candidateRoute } from '../admin/candidates.ts'
import { revocationRoutes } from '../admin/revocations.ts'
import { statusRoute } from '../admin/status.ts'
import { asksForCertificate } from '../compose/services.ts'
import type { Address } from '../config/read-address.ts'
import type { ConcurrencyLimit } from '../doors/concurrency-limit.ts'
import { createDecisionsServer } from '../doors/http/create-server.ts'
import type { Log } from '../telemetry/log.ts'
import { createAdminListener } from './admin-listener.ts'
import { createDrain, type Drain } from './drain.ts'
import { createHttp2Drain } from './drain-http2.ts'
import { addressOf, watchDecisions, type ListenersParts } from './listeners-parts.ts'
import { extAuthzServer, httpAuthzServer } from './proxy-servers.ts'
import { createHealthServer } from './health-server.ts'
import { listen } from './listen.ts'
import type { Urls } from './start.ts'

/** The servers of a process, listening. */
export interface Listeners {
  readonly urls: Urls
  /** Empties decisions and administration, and cuts what is left after `graceMs`. Answers whether nothing was cut. */
  drain(graceMs: number): Promise<boolean>
  /** Makes a drain under way faster. */
  hurry(): void
  /** Ends health and metrics, which tell of the drain until then. */
  end(): Promise<void>
}

const hurriedMs = 1_000

/** Makes and starts the servers; the decisions listener last, when everything behind it is there. */
export async function createListeners(parts: ListenersParts): Promise<Listeners> {
  const { config, metrics, readiness, concurrency } = parts
  const health = createHealthServer({ readiness, metrics: metrics.render })
  const adminAddress = addressOf(config.listen.admin ?? `unix:${join(config.state, 'admin.sock')}`)
  const admin = adminServer(parts, adminAddress)
  const decisions = decisionsServer(parts, concurrency)
  parts.tls?.add(decisions)
  const extAuthz = extAuthzServer(parts, concurrency)
  if (extAuthz) parts.tls?.add(extAuthz.server)
  const httpAuthz = httpAuthzServer(parts, concurrency)
  if (httpAuthz) parts.tls?.add(httpAuthz)
  const drains = [
    ...[decisions, admin, ...(httpAuthz ? [httpAuthz] : [])].map((server) => createDrain(server)),
    ...(extAuthz ? [createHttp2Drain(extAuthz)] : []),
  ]
  const end = ending(drains, health) // before the first connection
  const started: Server[] = []
  const start = async (
    server: Server,
    address: Address,
    mode: number,
    secure: boolean,
    shared = false,
  ): Promise<string> => {
    const where = await listen(server, address, mode, shared)
    started.push(server)
    server.on('error', tellOnce(where, parts.log))
    return address.kind === 'unix' ? where : `${secure ? 'https' : 'http'}://${where}`
  }
  const secure = parts.tls !== undefined
  const startDoor = (server: Server, at: string | undefined) => {
    const address = addressOf(at ?? '')
    return start(server, address, doorMode, isSecure(secure, address), parts.sharedDoors)
  }
  const doorMode = Number.parseInt(config.listen.socket_mode, 8)
  try {
    const urls: Urls = {
      health: await start(health, addressOf(config.listen.health), doorMode, false),
      admin: await start(admin, adminAddress, 0o600, isSecure(secure, adminAddress)),
      ...(extAuthz && { ext_authz: await startDoor(extAuthz.server, config.listen.ext_authz) }),
      ...(httpAuthz && { http_authz: await startDoor(httpAuthz, config.listen.http_authz) }),
      decisions: await startDoor(decisions, config.listen.decisions),
    }
    return { urls, ...end }
  } catch (error) {
    for (const server of started) server.close()
    throw error
  }
}

/** A connection that could not be taken, as when descriptors run out, is no reason to end: others are served. */
function tellOnce(where: string, log: Log): (error: Error) => void {
  const told = new Set<string>()
  return (error) => {
    const code = 'code' in error ? String(error.code) : 'an unknown fault'
    if (!told.has(code))
      log.tell('listener.fault', `${where}: a connection could not be taken (${code})`, { error_code: code })
    told.add(code)
  }
}

/** A Unix socket is guarded by its mode and speaks plain HTTP. */
const isSecure = (tls: boolean, address: Address): boolean => tls && address.kind === 'tcp'

function decisionsServer(parts: ListenersParts, concurrency: ConcurrencyLimit): HttpServer {
  const { config, pdp, metrics, demo, tls } = parts
  const { limits, listen } = config
  return createDecisionsServer({
    current: pdp.current,
    listener: 'decisions',
    limits: {
      bodyBytes: limits.body_bytes,
      headersTimeoutMs: limits.headers_timeout_ms,
      requestTimeoutMs: limits.request_timeout_ms,
      idleTimeoutMs: limits.idle_timeout_ms,
      connections: limits.connections,
    },
    concurrency,
    events: {
      requestRefused: (code) => {
        metrics.requestRefused(code)
        pdp.requestRefused(code)
      },
      decided: watchDecisions(parts),
    },
    ...(tls &&
      addressOf(listen.decisions).kind === 'tcp' && {
        tls: { options: tls.options, requestCert: asksForCertificate(config) },
      }),
    demo,
    now: () => performance.now(),
  })
}

const adminServer = (parts: ListenersParts, address: Address): HttpServer =>
  createAdminListener(parts, address, [
    statusRoute(() => ({ ...parts.readiness(), demo: parts.demo, ...parts.pdp.status() })),
    auditLogRoute(parts.pdp.readLog),
    ...revocationRoutes(parts.pdp.revocations),
    candidateRoute(parts.pdp.candidates),
  ])

function ending(drains: readonly Drain[], health: HttpServer): Omit<Listeners, 'urls'> {
  let begun = false
  const cut = () => drains.forEach((each) => each.cut())
  return {
    async drain(graceMs) {
      begun = true
      const timer = setTimeout(cut, graceMs)
      const clean = await Promise.all(drains.map((each) => each.begin()))
      clearTimeout(timer)
      return clean.every(Boolean)
    },
    hurry() {
      if (!begun) return
      for (const each of drains) each.hurry()
      setTimeout(cut, hurriedMs).unref()
    },
    end: () =>
      new Promise((resolve) => {
        health.close(() => resolve())
        health.closeAllConnections()
      }),
  }
}
