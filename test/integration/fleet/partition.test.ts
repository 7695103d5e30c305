import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { instant } from '../../../pdp/core/time.ts'
import { createSite, send, serve, type Serving, type Site, stop } from '../../contract/process/harness.ts'
import { eventually } from '../../support/eventually.ts'
import { createNetwork, type Network, startHubRedis } from '../../support/network.ts'
import { bearer, clientKey, dpop, dpopProof, svid } from '../../support/world.ts'

// Three real processes, each on a machine of its own, with Redis on a fourth; cables are pulled at random. They are asked over Unix
// sockets, which no cable carries.

const count = 3
const machines = Array.from({ length: count }, (_, i) => i)
const port = 6_379
const staleAfterMs = 2_000
/** Of one look at the fleet, and of a machine that has more to do than time. */
const marginMs = 1_500
const healthyMs = 1_000 + marginMs
/** Every set of cables but the empty one is pulled once. */
const rounds = 2 ** count - 1

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

interface Member {
  readonly site: Site
  readonly serving: Serving
}

async function startFleet(stale: 'deny' | 'allow') {
  const network = await createNetwork(count)
  ends.push(network.remove)
  ends.push(await startHubRedis(network, port))
  const sites: Site[] = []
  for (const _ of machines) sites.push(await createMemberSite(network, stale))
  const members = await Promise.all(
    sites.map(async (site, machine): Promise<Member> => {
      const serving = await serve(site, {}, network.on(machine))
      ends.push(() => stop(serving))
      return { site, serving }
    }),
  )
  return { network, members }
}

async function createMemberSite(network: Network, stale: 'deny' | 'allow'): Promise<Site> {
  const site = await createSite()
  ends.push(site.remove)
  await site.file('secret', 'a secret that a fleet on three machines shares')
  await site.configure({
    listen: { decisions: 'unix:decisions.sock', health: 'unix:health.sock' },
    fleet: { redis: `redis://${network.hubAddress}:${port}`, tls: 'off', secret: 'file:secret' },
    revocation: { stale, stale_after_s: staleAfterMs / 1_000 },
    limits: { proof_skew_s: 0 },
  })
  return site
}

/** What one says of evidence: a code. */
async function ask({ site, serving }: Member, headers: Readonly<Record<string, unknown>>): Promise<string> {
  const { body } = await send(serving.decisions, '/authorize/orders', {
    method: 'POST',
    headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      request: { method: 'GET', url: 'https://orders.example.org/v1/orders/42', headers },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    }),
  })
  return (JSON.parse(body) as { code: string }).code
}

const newToken = () => {
  const jti = randomUUID()
  return { jti, headers: bearer(svid({ now: instant(Date.now()), claims: { jti } })) }
}
const newProof = () => {
  const now = instant(Date.now())
  const token = svid({ now, claims: { cnf: { jkt: clientKey.thumbprint } } })
  return dpop(token, dpopProof(token, { now }))
}

/** Whether the whole fleet was told: otherwise it is in force there alone. */
async function revoke({ serving }: Member, jti: string): Promise<boolean> {
  const target = { by: 'jti', issuer: 'spiffe://prod.example', id: jti }
  const { status } = await send(serving.admin, '/v1/revocations', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ target, reason: 'stolen' }),
  })
  if (status !== 200 && status !== 202) throw new Error(`a revocation was answered with ${status}`)
  return status === 200
}

/**
 * One round: cables are pulled, a token is revoked on some machine, and everybody is asked until well after the bounds. Answers what
 * must not have been.
 */
async function round(n: number, network: Network, members: readonly Member[]): Promise<readonly string[]> {
  const violations: string[] = []
  const { jti, headers } = newToken()
  await eventually(async () => {
    for (const member of members) expect(await ask(member, headers)).toBe('ALLOWED')
  })
  const cut = machines.filter((machine) => ((n + 1) >> machine) & 1)
  for (const machine of cut) await network.cut(machine)
  const cutAt = performance.now()
  const at = n % count
  const author = members[at]
  if (!author) throw new Error('no such machine')
  const reached = await revoke(author, jti)
  const revokedAt = performance.now()
  const end = cutAt + staleAfterMs + marginMs + 1_500
  /** From when on nobody is allowed by a machine: cut off it may know nothing new, and may not act on that for long. */
  const boundOf = (machine: number): number => {
    if (machine === at) return revokedAt
    if (cut.includes(machine)) return cutAt + staleAfterMs + marginMs
    return reached ? revokedAt + healthyMs : Number.POSITIVE_INFINITY
  }
  const watch = async (member: Member, machine: number) => {
    while (performance.now() < end) {
      const begun = performance.now()
      const code = await ask(member, headers)
      if (code === 'ALLOWED' && begun > boundOf(machine)) violations.push(`machine ${machine}: revoked, and allowed`)
      await delay(25)
    }
  }
  const race = async () => {
    while (performance.now() < end) {
      const proof = newProof()
      const codes = await Promise.all(members.map((member) => ask(member, proof)))
      if (codes.filter((code) => code === 'ALLOWED').length > 1)
        violations.push(`a proof was allowed twice: ${codes.join()}`)
      await delay(50)
    }
  }
  await Promise.all([...members.map(watch), race()])
  for (const machine of cut) await network.mend(machine)
  await eventually(async () => {
    for (const member of members) expect(await ask(member, headers)).toBe('REVOKED')
  })
  for (const member of members) if ((await ask(member, headers)) === 'ALLOWED') violations.push('revived')
  return violations
}

test('cut off from each other, they allow nobody beyond the bounds and no proof twice, and agree again afterwards', async () => {
  const { network, members } = await startFleet('deny')
  const violations: string[] = []
  for (let n = 0; n < rounds; n++) violations.push(...(await round(n, network, members)))
  await eventually(async () => {
    const proof = newProof()
    expect(await Promise.all(members.map((member) => ask(member, proof)))).toContain('ALLOWED')
  })
  process.stdout.write(`${JSON.stringify({ rounds, violations: violations.length })}\n`)
  expect(violations).toEqual([])
}, 180_000)

test('the checker finds an instance that allows although it may lack a revocation', async () => {
  const { network, members } = await startFleet('allow')
  const violations = await round(3, network, members) // cuts machine 2 alone; revoked on machine 0
  expect(violations).toContain('machine 2: revoked, and allowed')
}, 120_000)
