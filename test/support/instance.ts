import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPdp, type Pdp, type PdpEvents } from '../../pdp/compose/pdp.ts'
import { parseConfig } from '../../pdp/config/read-config.ts'
import type { Decision } from '../../pdp/core/decision.ts'
import { type Clock, instant } from '../../pdp/core/time.ts'
import { systemSurroundings } from '../../pdp/process/system.ts'
import { type AskParts, createAsk, svidKey, trustDomain } from './world.ts'

/** One instance of a fleet: a whole decision point of its own in this process, with its own memory and its own log. */
export interface Instance {
  readonly pdp: Pdp
  ask(parts?: Omit<AskParts, 'service'>): Promise<Decision>
  /** Puts another bundle in place of the one it has. */
  replaceBundle(bundle: Uint8Array): Promise<void>
  /** The decisions in its log so far, parsed. */
  records(): Promise<readonly Record<string, unknown>[]>
  close(): Promise<void>
}

export interface InstanceParts {
  readonly bundle: Uint8Array
  /** The section of the configuration, without its secret; undefined: alone. */
  readonly fleet?: Readonly<Record<string, unknown>> | undefined
  readonly secrets?: readonly string[]
  /** How long a command to Redis may take; absent: longer than a configuration may say, for machines that are busy. */
  readonly timeoutMs?: number
  readonly limits?: Readonly<Record<string, unknown>>
  readonly entrypoint?: string
  readonly clock?: Clock
  /** How long to wait until it has read what is revoked; an instance decides nothing before. */
  readonly patienceMs?: number
  readonly events?: Partial<PdpEvents>
}

/** Where `env:REDIS_PASSWORD` leads. */
export const redisPassword = 'the password of a redis'

const fleetSecret = 'a secret that a fleet of tests shares, and nobody else'

/** Starts an instance that guards `orders` and trusts the SVIDs of the test world. */
export async function startInstance(parts: InstanceParts): Promise<Instance> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-instance-'))
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const secret = await Promise.all(
    (parts.secrets ?? [fleetSecret]).map(async (text, i) => `file:${await file(`secret-${i}`, text)}`),
  )
  const parsed = parseConfig({
    services: {
      orders: {
        audiences: ['https://orders.example.org'],
        environment: 'production',
        peps: ['gateway'],
        ...(parts.entrypoint !== undefined && { entrypoint: parts.entrypoint }),
      },
    },
    peps: { gateway: { none: true } },
    trust: [
      {
        spiffe: trustDomain,
        from: `file:${await file('bundle.json', JSON.stringify({ keys: [svidKey.jwk] }))}`,
        environment: 'production',
        path: '/ns/{namespace}/sa/{service_account}',
      },
    ],
    bundles: { orders: { file: await file('orders.tar.gz', parts.bundle), unsigned: true } },
    state: join(folder, 'state'),
    audit: { mode: 'written', directory: join(folder, 'audit') },
    limits: { proof_skew_s: 0, ...parts.limits },
    revocation: { stale: 'allow' }, // so that tests see what is lost besides
    ...(parts.fleet && { fleet: { ...parts.fleet, secret } }),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { fleet } = parsed.value
  const config = { ...parsed.value, ...(fleet && { fleet: { ...fleet, timeout_ms: parts.timeoutMs ?? 500 } }) }
  const surroundings = {
    ...systemSurroundings(),
    environment: { REDIS_PASSWORD: redisPassword },
    ...(parts.clock && { clock: parts.clock }),
  }
  const pdp = await createPdp(config, { ...surroundings, ...(parts.events && { events: parts.events }) })
  const patience = performance.now() + (parts.patienceMs ?? 15_000)
  while (!pdp.status().revocation.loaded && performance.now() < patience) await delay(5)
  return {
    pdp,
    ask(parts = {}) {
      const service = pdp.services.get('orders')
      if (!service) throw new Error('the service is missing')
      return pdp.decide(createAsk({ ...parts, service }))
    },
    async replaceBundle(bundle) {
      await file('orders.tar.gz', bundle)
      const outcome = await pdp.reload(async () => config)
      if (!outcome.applied) throw new Error(outcome.reason)
    },
    async records() {
      const text = await readFile(join(folder, 'audit', 'records.ndjson'), 'utf8')
      return text
        .split('\n')
        .filter((line) => line.includes('"kind":"decision"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>) // lines of our own log
    },
    async close() {
      await pdp.close()
      await rm(folder, { recursive: true })
    },
  }
}

/** The present, for tokens. */
export const present = () => instant(Date.now())
