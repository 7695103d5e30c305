import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Generation } from '../../../pdp/compose/generation.ts'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import { sha256 } from '../../../pdp/core/digest.ts'
import { instant } from '../../../pdp/core/time.ts'
import type { IsolatePool } from '../../../pdp/policy/isolated/isolate-pool.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { frameAt } from '../../support/clock.ts'
import { eventually } from '../../support/eventually.ts'
import { type IssuerServer, startIssuer } from '../../support/issuer-server.ts'
import { accessToken, bearer, createAsk, issuerKey } from '../../support/world.ts'

const audiences = ['https://orders.example.org']

let folder = ''
let issuer: IssuerServer
let pdp: Pdp

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-isolation-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
  issuer = await startIssuer()
  issuer.publish([issuerKey.jwk])
})
afterEach(async () => {
  await pdp.close()
  await issuer.down()
  await rm(folder, { recursive: true })
})

function config(evaluate?: string, reuse_max_s = 0): Config {
  const orders = { audiences, environment: 'production', peps: ['gateway'], reuse_max_s }
  const parsed = parseConfig({
    services: { orders: { ...orders, ...(evaluate !== undefined && { evaluate }) } },
    peps: { gateway: { none: true } },
    trust: [{ issuer: issuer.origin, jwks: issuer.keysUrl, environment: 'production', allow_private: true }],
    bundles: { orders: { file: join(folder, 'orders.tar.gz'), unsigned: true } },
    limits: { cache_entries: 0, deadline_ms: 5_000, evaluation_ms: 1_000 },
    state: join(folder, 'state'),
  })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.value
}

async function decide() {
  const service = pdp.services.get('orders')
  if (!service) throw new Error('the service is missing')
  const token = accessToken({ claims: { iss: issuer.origin }, now: instant(Date.now()) })
  return pdp.decide(createAsk({ service, headers: bearer(token) }))
}

// what is shown of it as a snapshot is the whole generation
const pools = () => [...(pdp.current() as Generation).isolation.pools.values()]
const ask = (pool: IsolatePool | undefined) =>
  pool?.evaluate({ key: sha256('x'), entrypoint: 0, text: '{}', frame: frameAt() })

test('what a service says decides how its bundle is evaluated, and not what the answer is', async () => {
  pdp = await createPdp(config(), systemSurroundings())
  expect(pools()).toEqual([])
  const inline = await decide()
  expect(await pdp.reload(async () => config('isolated'))).toMatchObject({ applied: true })
  expect(pools()).toHaveLength(1)
  const isolated = await decide()
  expect([isolated.effect, isolated.code]).toEqual([inline.effect, inline.code])
  expect(isolated.caller?.subject?.issuer).toBe(issuer.origin)
})

test('a reload leaves asks under way to the threads that they have, and ends these afterwards', async () => {
  pdp = await createPdp(config('isolated'), systemSurroundings())
  const [before] = pools()
  const expected = await decide()
  let asking = true
  const codes = new Set<string>()
  const asked = Array.from({ length: 4 }, async () => {
    while (asking) codes.add((await decide()).code)
  })
  expect(await pdp.reload(async () => config('isolated', 1))).toMatchObject({ applied: true })
  expect(pools()).not.toContain(before)
  expect(await ask(before)).toMatchObject({ kind: 'answer' })
  asking = false
  await Promise.all(asked)
  expect([...codes]).toEqual([expected.code])
  await eventually(async () => expect(await ask(before)).toEqual({ kind: 'unavailable' }))
})

test('the end of the decision point is that of its threads', async () => {
  pdp = await createPdp(config('isolated'), systemSurroundings())
  const [pool] = pools()
  expect(await ask(pool), 'the twin').toMatchObject({ kind: 'answer' })
  await pdp.close()
  expect(await ask(pool)).toEqual({ kind: 'unavailable' })
  pdp = await createPdp(config(), systemSurroundings())
})
