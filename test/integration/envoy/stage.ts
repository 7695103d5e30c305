import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, type Reply, run, type Run, send, type Site, stop, usual } from '../../contract/process/harness.ts'
import { untilNextSecond } from '../../support/clock.ts'
import { bearer, svid } from '../../support/world.ts'
import { type Envoy, type EnvoyGiven, type Received, startEnvoy, startUpstream, type Upstream } from './envoy.ts'

// A decision point in a process of its own, an upstream, and as many Envoys between them as a test wants.

export const now = () => instant(Date.now())

/** The headers of a caller that the usual configuration allows to read order 42. */
export const allowed = () => bearer(svid({ now: now() }))

/** How a request differs from `GET /v1/orders/42`. */
export interface Asked {
  readonly port?: number
  readonly path?: string
  readonly method?: string
  readonly body?: string
}

export interface Stage {
  readonly site: Site
  readonly upstream: Upstream
  /** The Unix socket of the decision point. */
  readonly socket: string
  /** The process that decides. */
  readonly pdp: Run
  /** What reached the upstream since the test began. */
  received(): readonly Received[]
  /** An Envoy for the test that runs: the usual one but for what is given. */
  envoy(given?: Partial<EnvoyGiven>): Promise<Envoy>
  ask(headers: Record<string, string | string[]>, asked: Asked & { readonly port: number }): Promise<Reply>
}

/** Sets the stage for the tests of a file. `prepare` writes files and answers sections of the configuration. */
export function setStage(prepare: (site: Site) => Promise<Readonly<Record<string, unknown>>>): Stage {
  let site: Site | undefined
  let pdp: Run | undefined
  let upstream: Upstream | undefined
  const envoys: Envoy[] = []
  const there = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the stage is set before the tests run')
    return part
  }
  beforeAll(async () => {
    site = await createSite()
    const sections = await prepare(site)
    await site.configure({
      listen: { ...usual.listen, ext_authz: socketOf(site) },
      peps: { gateway: { socket: 'ext_authz', failure_mode_allow: false } },
      limits: { proof_skew_s: 0 }, // else proofs of the first seconds after the start are refused
      ...sections,
    })
    upstream = await startUpstream()
    pdp = run(['start'], site.folder)
    await pdp.says(/listening:/)
    await untilNextSecond()
  })
  afterAll(async () => {
    await upstream?.close()
    if (pdp) await stop(pdp)
    await site?.remove()
  })
  beforeEach(() => {
    there(upstream).received.length = 0
  })
  afterEach(async () => {
    await Promise.all(envoys.splice(0).map((each) => each.close()))
  })
  return {
    get site() {
      return there(site)
    },
    get upstream() {
      return there(upstream)
    },
    get socket() {
      return socketOf(there(site))
    },
    get pdp() {
      return there(pdp)
    },
    received: () => there(upstream).received,
    async envoy(given = {}) {
      const started = await startEnvoy({
        pdp: socketOf(there(site)),
        upstreamPort: there(upstream).port,
        ...given,
      })
      envoys.push(started)
      return started
    },
    ask: (headers, { port, path = '/v1/orders/42', method = 'GET', body }) =>
      send(`http://127.0.0.1:${port}`, path, {
        method,
        headers: {
          host: 'orders.example.org',
          ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      }),
  }
}

const socketOf = ({ folder }: Site) => `unix:${join(folder, 'ext-authz.sock')}`

/** Waits for a line of the access log that is of a path, and answers it. */
export async function loggedOf(envoy: Envoy, path: string) {
  for (let tries = 0; tries < 200; tries++) {
    const line = (await envoy.accessLog()).findLast((each) => each['path'] === path)
    if (line) return line
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing of ${path} in the access log`)
}
