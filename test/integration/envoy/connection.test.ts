import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSite, run, type Run, send, type Site, stop, usual } from '../../contract/process/harness.ts'
import { createAuthority, pemOf } from '../../support/certificates.ts'
import { type Envoy, type EnvoyGiven, type Json, startEnvoy, startUpstream, type Upstream } from './envoy.ts'
import { bundleOf, createPki, current, identityOf, serverIdentity } from '../../support/pki.ts'
import { svidKey } from '../../support/world.ts'
import { allowed } from './stage.ts'
import { towardsServer } from './tls-contexts.ts'

// Between Envoy and the decision point: its death, its slowness, its end under load, TLS and certificates that change.

let site: Site
let upstream: Upstream
const running: Run[] = []
const envoys: Envoy[] = []
beforeEach(async () => {
  site = await createSite()
  upstream = await startUpstream()
})
afterEach(async () => {
  await Promise.all([...running.splice(0).map(stop), ...envoys.splice(0).map((each) => each.close())])
  await upstream.close()
  await site.remove()
})

const socketOf = (name: string) => `unix:${join(site.folder, `${name}.sock`)}`

const withJwtKey = (bundle: string): string => {
  const { keys } = JSON.parse(bundle) as { keys: object[] }
  return JSON.stringify({ keys: [...keys, svidKey.jwk] })
}

/** A decision point on a socket of its own; several share nothing but their configuration. */
async function start(name: string, sections: object = {}): Promise<Run> {
  await site.configure({
    listen: { ...usual.listen, ext_authz: socketOf(name) },
    peps: { gateway: { socket: 'ext_authz', failure_mode_allow: false } },
    state: `state-${name}`,
    ...sections,
  })
  const started = run(['start'], site.folder)
  running.push(started)
  await started.says(/listening:/)
  return started
}

async function envoy(given: Pick<EnvoyGiven, 'pdp'> & Partial<EnvoyGiven>): Promise<Envoy> {
  const started = await startEnvoy({ upstreamPort: upstream.port, ...given })
  envoys.push(started)
  return started
}

const ask = ({ port }: Envoy, headers: Record<string, string> = allowed()) =>
  send(`http://127.0.0.1:${port}`, '/v1/orders/42', { headers: { host: 'orders.example.org', ...headers } })

describe('a decision point that does not answer', () => {
  test.each([
    ['dead', 'SIGKILL'],
    ['stopped, so that the timeout ends it', 'SIGSTOP'],
  ] as const)('%s: 403, or the status_on_error; with failure_mode_allow the request passes', async (_, signal) => {
    const pdp = await start('one')
    const grpc = { grpc_service: { envoy_grpc: { cluster_name: 'pdp' }, timeout: '0.5s' } }
    const closed = await envoy({ pdp: socketOf('one'), filter: grpc })
    const told = await envoy({ pdp: socketOf('one'), filter: { ...grpc, status_on_error: { code: 503 } } })
    const open = await envoy({ pdp: socketOf('one'), filter: { ...grpc, failure_mode_allow: true } })
    for (const each of [closed, told, open]) expect((await ask(each)).status).toBe(200)
    pdp.child.kill(signal)
    upstream.received.length = 0
    expect((await ask(closed)).status).toBe(403)
    expect((await ask(told)).status).toBe(503)
    expect(upstream.received).toEqual([])
    expect((await ask(open, {})).body).toBe('upstream')
  })
})

describe('the end of a decision point under load', () => {
  /** Asks without pause until told to stop; answers the statuses. */
  function load(target: Envoy): { end(): Promise<readonly number[]> } {
    const statuses: number[] = []
    let going = true
    const client = async () => {
      while (going) statuses.push((await ask(target)).status)
    }
    const all = Promise.all(Array.from({ length: 8 }, client))
    return {
      async end() {
        going = false
        await all
        return statuses
      },
    }
  }

  /** With checks of health, as the shipped example has them. */
  const careful: Partial<EnvoyGiven> = {
    filter: { grpc_service: { envoy_grpc: { cluster_name: 'pdp' }, timeout: '2s' } },
    pdpCluster: {
      health_checks: [
        {
          timeout: '1s',
          interval: '0.2s',
          no_traffic_interval: '0.2s', // else a minute, and from the last check before the first request
          unhealthy_threshold: 1,
          healthy_threshold: 1,
          grpc_health_check: { service_name: 'envoy.service.auth.v3.Authorization' },
        },
      ],
    } satisfies Json,
  }

  test('with a second one behind the same cluster no request fails', async () => {
    const limits = { limits: { drain_ms: 1_000 } }
    const first = await start('one', limits)
    await start('two', limits)
    const target = await envoy({ pdp: [socketOf('one'), socketOf('two')], ...careful })
    await delay(500) // both are known to be healthy
    const sent = load(target)
    await delay(500)
    first.child.kill('SIGTERM')
    expect(await first.ended()).toBe(0)
    await delay(500)
    const statuses = await sent.end()
    expect(statuses.length).toBeGreaterThan(50)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  test('alone on a Unix socket, what is asked until it has drained is answered', async () => {
    const only = await start('one', { limits: { drain_ms: 2_000 } })
    const target = await envoy({ pdp: socketOf('one') })
    const sent = load(target)
    await delay(300)
    only.child.kill('SIGTERM')
    await delay(700)
    const statuses = await sent.end()
    expect(await only.ended()).toBe(0)
    expect(statuses.length).toBeGreaterThan(20)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })
})

describe('TLS', () => {
  const envoyId = 'spiffe://prod.example/ns/edge/sa/envoy'

  test('an Envoy is known by its SPIFFE ID, and follows to a new certificate of another authority', async () => {
    const pki = createPki()
    const next = createAuthority('another root', current())
    const write = async (authority: typeof next) => {
      const { cert, key } = serverIdentity(authority)
      await site.file('tls.pem', cert)
      await site.file('tls.key', key)
    }
    await write(pki.prod)
    await site.file('bundle.json', withJwtKey(bundleOf(pki.prod)))
    const pdp = await start('tls', {
      listen: { ...usual.listen, ext_authz: '127.0.0.1:0' },
      tls: { cert: 'file:tls.pem', key: 'file:tls.key' },
      peps: { gateway: { spiffe_id: envoyId, failure_mode_allow: false } },
    })
    const [, where = ''] = await pdp.says(/ext_authz https:\/\/(\S+)/)
    const by = (id: string, trusted: string) =>
      envoy({
        pdp: where,
        pdpCluster: { transport_socket: towardsServer(identityOf(pki.prod, id), trusted, 'h2') },
      })
    const known = await by(envoyId, pemOf(pki.prod))
    expect((await ask(known)).status).toBe(200)
    expect((await ask(await by('spiffe://prod.example/ns/edge/sa/other', pemOf(pki.prod)))).status).toBe(403)
    expect((await ask(await envoy({ pdp: where }))).status).toBe(403) // without TLS
    await write(next)
    await delay(6_000) // files are looked at every five seconds
    expect((await ask(await by(envoyId, pemOf(next)))).status).toBe(200)
    expect((await ask(await by(envoyId, pemOf(pki.prod)))).status).toBe(403)
    expect((await ask(known)).status).toBe(200) // on the connection it has
  })
})
