import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { median } from '../../../bench/measure/median.ts'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, run, type Site, stop, usual } from '../../contract/process/harness.ts'
import { startEnvoy, startUpstream } from '../../integration/envoy/envoy.ts'
import { bearer, svid } from '../../support/world.ts'
import { type Caller, callDirectly, callThroughEnvoy, type Tally } from './callers.ts'

export interface EnvoySoakReport extends Tally {
  /** Median resident MiB of the decision point in the second and in the last fifth of the run. */
  readonly second: number
  readonly last: number
  readonly ratio: number
}

const tickMs = 50
const callsPerTick = { direct: 8, envoy: 2 }
const tokenMs = 60_000

/**
 * Calls the ext_authz listener of a decision point in a process of its own, straight and through a real Envoy, for so
 * many seconds; a third of the calls are given up at one of several moments. Samples the resident size meanwhile.
 */
export async function runEnvoySoak(seconds: number): Promise<EnvoySoakReport> {
  const site = await createSite()
  const upstream = await startUpstream()
  const pdp = await startPdp(site)
  const envoy = await startEnvoy({
    pdp: `127.0.0.1:${pdp.port}`,
    upstreamPort: upstream.port,
    filter: {
      grpc_service: {
        envoy_grpc: { cluster_name: 'pdp' },
        timeout: '5s',
        initial_metadata: [{ key: 'authorization', value: `Bearer ${site.key}` }],
      },
    },
  })
  const callers: readonly (Caller & { readonly calls: number })[] = [
    { ...callDirectly(pdp.port, site.key), calls: callsPerTick.direct },
    { ...callThroughEnvoy(envoy.port), calls: callsPerTick.envoy },
  ]
  const resident: number[] = []
  const started = performance.now()
  const under = new Set<Promise<void>>()
  let headers = bearer(svid({ now: instant(Date.now()) }))
  let mintedAt = started
  let number = 0
  try {
    for (let tick = 1; performance.now() - started < seconds * 1_000; tick++) {
      if (performance.now() - mintedAt > tokenMs) {
        headers = bearer(svid({ now: instant(Date.now()) }))
        mintedAt = performance.now()
      }
      for (const { call, calls } of callers) {
        for (let i = 0; i < calls; i++) {
          const one = call(headers, number++).finally(() => under.delete(one))
          under.add(one)
        }
      }
      upstream.received.length = 0
      if (tick % 10 === 0) resident.push(await residentMegabytes(pdp.pid))
      await delay(tickMs)
      if (under.size > 500) await Promise.all(under) // a machine that is busy gets fewer calls, not a queue of them
    }
    await Promise.all(under)
  } finally {
    for (const { close } of callers) close()
    await envoy.close()
    await upstream.close()
    await pdp.stop()
    await site.remove()
  }
  const fifth = Math.floor(resident.length / 5)
  const [second, last] = [median(resident.slice(fifth, 2 * fifth)), median(resident.slice(-fifth))]
  return { ...sum(callers.map(({ tally }) => tally)), second, last, ratio: last / second }
}

async function startPdp(site: Site) {
  await site.configure({
    listen: { ...usual.listen, ext_authz: '127.0.0.1:0' },
    peps: { gateway: { bearer: 'file:gateway.key', failure_mode_allow: false } },
  })
  const started = run(['start'], site.folder)
  const [, where = ''] = await started.says(/ext_authz (\S+)/)
  return { pid: started.child.pid ?? 0, port: Number(where.split(':').at(-1)), stop: () => stop(started) }
}

const residentMegabytes = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const sum = (tallies: readonly Tally[]): Tally => ({
  allowed: tallies.reduce((total, { allowed }) => total + allowed, 0),
  aborted: tallies.reduce((total, { aborted }) => total + aborted, 0),
  wrong: tallies.flatMap(({ wrong }) => wrong),
})
