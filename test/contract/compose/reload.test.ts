import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPdp, type Pdp } from '../../../pdp/compose/pdp.ts'
import { parseConfig } from '../../../pdp/config/read-config.ts'
import type { Config } from '../../../pdp/config/schema.ts'
import { isAllow } from '../../../pdp/core/decision.ts'
import { instant } from '../../../pdp/core/time.ts'
import { systemSurroundings } from '../../../pdp/process/system.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { type IssuerServer, keysPath, startIssuer, status } from '../../support/issuer-server.ts'
import { accessToken, bearer, createAsk, issuerKey } from '../../support/world.ts'

let folder = ''
let issuer: IssuerServer
let pdp: Pdp | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-reload-'))
  await writeFile(join(folder, 'orders.tar.gz'), await exampleBundle('orders'))
  issuer = await startIssuer()
  issuer.publish([issuerKey.jwk])
})
afterEach(async () => {
  await pdp?.close()
  pdp = undefined
  await issuer.down()
  await rm(folder, { recursive: true })
})

function config(change: (sections: Record<string, unknown>) => void = () => undefined): Config {
  const sections: Record<string, unknown> = {
    services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
    peps: { gateway: { none: true } },
    trust: [trust()],
    bundles: { orders: { file: join(folder, 'orders.tar.gz'), unsigned: true } },
    state: join(folder, 'state'),
  }
  change(sections)
  const parsed = parseConfig(sections)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.value
}

const trust = (more = {}) => ({
  issuer: issuer.origin,
  jwks: issuer.keysUrl,
  environment: 'production',
  allow_private: true,
  ...more,
})

async function start(): Promise<Pdp> {
  pdp = await createPdp(config(), systemSurroundings())
  return pdp
}

async function decide(running: Pdp) {
  const service = running.services.get('orders')
  if (!service) throw new Error('the service is missing')
  const token = accessToken({ claims: { iss: issuer.origin }, now: instant(Date.now()) })
  return running.decide(createAsk({ service, headers: bearer(token) }))
}

/** Whether the caller was known: what policy says of it is another matter. */
const known = async (running: Pdp) => (await decide(running)).caller?.subject?.issuer === issuer.origin

describe('an issuer that cannot be reached', () => {
  test('its keys are taken over where its settings are the same', async () => {
    const running = await start()
    expect(await known(running)).toBe(true)
    await issuer.down()
    const outcome = await running.reload(async () =>
      config((c) => {
        c['limits'] = { deadline_ms: 500 }
        c['trust'] = [trust({ environment: 'staging' })]
      }),
    )
    expect(outcome).toMatchObject({ applied: true })
    expect((await decide(running)).caller?.attested).toMatchObject({ environment: 'staging' })
  })

  test('a new one without keys keeps the whole configuration out, and its neighbours as they are', async () => {
    const running = await start()
    issuer.answer(keysPath, status(500))
    const outcome = await running.reload(async () => config((c) => (c['trust'] = [trust({ max_stale_s: 60 })])))
    expect(outcome).toMatchObject({ applied: false, reason: expect.stringMatching(/^trust: /) })
    expect(await known(running)).toBe(true)
  })
})

test('a snapshot is of one configuration from beginning to end', async () => {
  const running = await start()
  const before = running.current()
  await running.reload(async () =>
    config((c) => {
      c['services'] = { orders: { audiences: ['https://orders.example.org'], reuse_max_s: 9, peps: ['other'] } }
      c['peps'] = { other: { none: true } }
    }),
  )
  expect([...before.peps.keys(), before.services.get('orders')?.reuseMax]).toEqual(['gateway', 0])
  const after = running.current()
  expect([...after.peps.keys(), after.services.get('orders')?.reuseMax]).toEqual(['other', 9])
  expect([...running.peps.keys()]).toEqual(['other'])
})

test('revocations stay', async () => {
  const running = await start()
  const target = { by: 'subject', issuer: issuer.origin, id: `${issuer.origin}#checkout` }
  await running.revocations.revoke({ target, reason: 'test' }, 'alice')
  expect((await decide(running)).code).toBe('REVOKED')
  await running.reload(async () => config((c) => (c['limits'] = { deadline_ms: 900 })))
  expect((await decide(running)).code).toBe('REVOKED')
})

test('reloads wait for each other: the last one asked for is the one in use', async () => {
  const running = await start()
  const outcomes = await Promise.all(
    [1, 2, 3].map((n) =>
      running.reload(async () =>
        config(
          (c) =>
            (c['services'] = {
              orders: { audiences: ['https://orders.example.org'], reuse_max_s: n, peps: ['gateway'] },
            }),
        ),
      ),
    ),
  )
  expect(outcomes.every(({ applied }) => applied)).toBe(true)
  expect(running.services.get('orders')?.reuseMax).toBe(3)
  const log = await readFile(join(folder, 'state', 'audit', 'records.ndjson'), 'utf8')
  expect(log.match(/"outcome":"applied"/g)).toHaveLength(3)
})

test('under `tls: off` nobody vouches', async () => {
  const vouching = (tls?: string) =>
    config((c) => {
      c['peps'] = { gateway: { socket: 'decisions', vouch: { peer_certificate: true } } }
      c['listen'] = { decisions: `unix:${join(folder, 'x.sock')}` }
      if (tls) c['tls'] = tls
    })
  for (const [tls, expected] of [
    [undefined, true],
    ['off', false],
  ] as const) {
    const one = await createPdp(vouching(tls), systemSurroundings())
    expect(one.peps.get('gateway')?.vouch.peerCertificate).toBe(expected)
    await one.close()
  }
})

test('the control: the usual ask is decided by policy', async () => {
  const running = await start()
  const decision = await decide(running)
  expect([isAllow(decision), decision.code]).toEqual([
    decision.effect === 'allow',
    expect.stringMatching(/^(ALLOWED|POLICY_DENIED)$/),
  ])
})
