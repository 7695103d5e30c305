import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createPdp } from '../../pdp/compose/pdp.ts'
import { parseConfig } from '../../pdp/config/read-config.ts'
import { sha256 } from '../../pdp/core/digest.ts'
import { type Clock, instant } from '../../pdp/core/time.ts'
import { createConcurrencyLimit } from '../../pdp/doors/concurrency-limit.ts'
import { createDecisionsServer } from '../../pdp/doors/http/create-server.ts'
import { systemSurroundings } from '../../pdp/process/system.ts'
import { exampleBundle } from '../support/bundles.ts'
import { proxyId } from '../support/forwarded.ts'
import { testLimits } from '../support/http.ts'
import { issuerKey, oauthIssuer, svidKey, trustDomain, witKey } from '../support/world.ts'
import type { Presentation, Presented } from './attack.ts'
import { attackedAuthority } from './rows/certificates.ts'

/** What became of a presentation: `clause` is of the audit record, the caller is told nothing of it. */
export interface Outcome {
  readonly decision: 'allow' | 'deny'
  readonly code: string
  readonly clause?: string
}

/** What is attacked. */
export interface Target {
  /** Presents all of it in order. What becomes of the last one. */
  present(presentation: Presentation): Promise<Outcome>
  close(): Promise<void>
}

const peps = ['gateway', 'edge', 'plain'] as const
const keyOf = (pep: string) => `sp_pep_key-of-the-${pep}-under-attack`

/** A whole decision point as its users compose it from a configuration, asked through its HTTP door. */
export async function startTarget(clock: Clock = () => instant(Date.now())): Promise<Target> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-attack-'))
  let behind = 600_000 // it started a while ago: every proof made now is newer than its store of single uses
  const pdp = await createPdp(await configurationIn(folder), {
    ...systemSurroundings(),
    clock: () => instant(clock() - behind),
  })
  behind = 0
  const server = createDecisionsServer({
    current: pdp.current,
    listener: 'decisions',
    limits: testLimits,
    concurrency: createConcurrencyLimit({ maximum: 64, targetMs: 10_000 }),
    events: { requestRefused: () => undefined, decided: () => undefined },
    demo: false,
    now: () => performance.now(),
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on TCP
  const log = join(folder, 'audit', 'records.ndjson')
  return {
    present: presentTo(port, keyOf, (id) => recordedClause(log, id)),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await pdp.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function configurationIn(folder: string) {
  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const authority = { kty: 'EC', use: 'x509-svid', x5c: [attackedAuthority.der.toString('base64')] }
  const spiffeBundle = JSON.stringify({ keys: [svidKey.jwk, witKey.jwk, authority] })
  const keyed = async (pep: string, vouch: object) => ({
    bearer: `file:${await file(`${pep}.key`, `sha256:${sha256(keyOf(pep))}\n`)}`,
    vouch,
  })
  const parsed = parseConfig({
    services: {
      orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: [...peps] },
    },
    peps: {
      gateway: await keyed('gateway', { peer_certificate: true }),
      edge: await keyed('edge', { peer_certificate: true, xfcc_from: [proxyId] }),
      plain: await keyed('plain', {}),
    },
    trust: [
      {
        spiffe: trustDomain,
        from: `file:${await file('bundle.json', spiffeBundle)}`,
        environment: 'production',
        path: '/ns/{namespace}/sa/{service_account}',
        wit: true,
      },
      {
        issuer: oauthIssuer,
        jwks: `file:${await file('issuer.json', JSON.stringify({ keys: [issuerKey.jwk] }))}`,
        environment: 'production',
        facts: { namespace: 'namespace', service_account: 'service_account' },
      },
    ],
    bundles: { orders: { file: await file('orders.tar.gz', await exampleBundle('orders')), unsigned: true } },
    state: join(folder, 'state'),
    audit: { mode: 'written', directory: join(folder, 'audit') },
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.value
}

/** Presents over HTTP, in the name of enforcement points with these keys. `clauseOf`: of the record of a decision. */
export function presentTo(
  port: number,
  keyOf: (pep: string) => string,
  clauseOf: (id: string) => Promise<string | undefined>,
): Target['present'] {
  const ask = async (presented: Presented): Promise<Outcome> => {
    const { status, answer } = await post(port, keyOf(presented.pep ?? 'gateway'), bodyOf(presented))
    const { decision, code = '', type = '', id = '' } = answer
    return status === 200
      ? { decision: decision === 'allow' ? 'allow' : 'deny', code, ...withClause(await clauseOf(id)) }
      : { decision: 'deny', code: type.slice(type.lastIndexOf(':') + 1), ...withClause(answer['clause']) }
  }
  return async ([first, ...others]) => {
    let outcome = await ask(first)
    for (const presented of others) outcome = await ask(presented)
    return outcome
  }
}

const bodyOf = ({ headers, certificate, credentials, method = 'GET', url = target }: Presented) => ({
  request: { method, url, ...(headers && { headers }), ...(certificate !== undefined && { certificate }) },
  ...(credentials && { credentials }),
  action: { name: 'read' },
  resource: { type: 'order', id: '42' },
})
const target = 'https://orders.example.org/v1/orders/42'

async function post(port: number, key: string, body: object) {
  const reply = await fetch(`http://127.0.0.1:${port}/authorize/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  // of the door's own replies, the members that are texts
  return { status: reply.status, answer: (await reply.json()) as Readonly<Record<string, string | undefined>> }
}

const withClause = (clause: string | undefined) => (clause === undefined ? {} : { clause })

/** The clause that the record of a decision has; a deny does not wait for its record. */
async function recordedClause(log: string, id: string): Promise<string | undefined> {
  for (let tries = 0; tries < 200; tries++) {
    const line = (await readFile(log, 'utf8')).split('\n').find((each) => each.includes(`"id":"${id}"`))
    const record = line === undefined ? undefined : (JSON.parse(line) as { readonly clause?: string })
    if (record) return record.clause
    await delay(5)
  }
  return undefined
}
