import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../bench/contenders/free-port.ts'
import { isAllow } from '../../../pdp/core/decision.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { eventually } from '../../support/eventually.ts'
import { type Instance, present, startInstance } from '../../support/instance.ts'
import { acceptedProof, codeOf } from '../../support/proofs.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// A fleet over a Redis Cluster of three masters, one of which has a replica and dies.

type Node = RedisServer & { readonly bus: number }

const nodes: Node[] = []
let cluster: Readonly<Record<string, unknown>>
let bundle: Uint8Array

async function startNode(): Promise<Node> {
  const bus = await freePort()
  const settings = ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--cluster-announce-ip', '127.0.0.1']
  const started = await startRedis([...settings, '--cluster-node-timeout', '1000', '--repl-diskless-sync-delay', '0'])
  const node = { ...started, bus }
  nodes.push(node)
  return node
}

const address = ({ port }: RedisServer) => `127.0.0.1:${port}`
const isWhole = (node: RedisServer, known: number) =>
  eventually(async () => {
    const info = await node.cli('cluster', 'info')
    expect(info).toContain('cluster_state:ok')
    expect(info).toContain(`cluster_known_nodes:${known}`)
  })

beforeAll(async () => {
  bundle = await buildTestBundle({
    rego: `package orders\n\ndecision := {"allow": input.action.name == "read", "reasons": [{"code": "asked", "message": json.marshal(input.action)}]}\n`,
  })
  const [first, ...others] = await Promise.all([startNode(), startNode(), startNode()])
  if (!first) throw new Error('no node')
  await first.cli('--cluster', 'create', ...[first, ...others].map(address), '--cluster-yes')
  await Promise.all(nodes.map((node) => isWhole(node, 3)))
  cluster = { redis: nodes.map((node) => `redis://${address(node)}`), cluster: true, l2: 'always' }
}, 60_000)
afterAll(() => Promise.all(nodes.map((node) => node.remove())))

async function start(): Promise<Instance> {
  const limits = { rate: { pep: { per_second: 1, burst: 5 }, shared: true } }
  const instance = await startInstance({ bundle, fleet: cluster, limits })
  onTestFinished(() => instance.close())
  return instance
}

const workload = (name = 'checkout') => ({
  headers: bearer(svid({ now: present(), claims: { sub: `spiffe://prod.example/ns/shop/sa/${name}` } })),
})
const reading = (n: number) => ({ questions: [{ action: { name: 'read', properties: { n } } }] as const })

test('three masters: answers stand on all of them, single uses, revocations and rates reach everyone', async () => {
  const [a, b] = [await start(), await start()]
  for (let n = 0; n < 20; n++) await a.ask({ ...workload(), ...reading(n) })
  const found = async () => {
    const lists = await Promise.all(nodes.map((node) => node.cli('--scan', '--pattern', 'sallyport:decision:*')))
    return lists.map((list) => list.split('\n').filter((key) => key !== '').length)
  }
  await eventually(async () => expect((await found()).reduce((sum, n) => sum + n)).toBe(20))
  expect(Math.min(...(await found())), 'on each of them').toBeGreaterThan(0)
  for (let n = 0; n < 20; n++) {
    const decision = await b.ask({ ...workload(), ...reading(n) })
    expect([isAllow(decision), decision.verdicts[0]?.evaluated?.cache]).toEqual([true, 'hit-l2'])
  }
  expect(codeOf(await b.ask(await acceptedProof(a)))).toBe('REPLAYED')
  expect(codeOf(await b.ask(workload('billing')))).toBe('ALLOWED')
  const target = { by: 'subject', issuer: 'spiffe://prod.example', id: 'spiffe://prod.example/ns/shop/sa/billing' }
  expect(await a.pdp.revocations.revoke({ target, reason: 'test' }, 'alice')).toMatchObject({
    value: { acknowledged: true },
  })
  await eventually(async () => expect(codeOf(await b.ask(workload('billing')))).toBe('REVOKED'))
  const pep = a.pdp.peps.get('gateway')
  if (!pep) throw new Error('the enforcement point is missing')
  await eventually(() => {
    a.pdp.waitOf(pep)
    expect(b.pdp.waitOf(pep), 'for its own alone it would be a second at most').toBeGreaterThan(1)
  })
}, 60_000)

test('the master of single uses dies: nothing is decided wrongly, no proof counts twice, and its replica goes on', async () => {
  const slot = Number(await nodes[0]?.cli('cluster', 'keyslot', 'sallyport:{use}-known'))
  const master = nodes[Math.floor(slot / (16_384 / 3))]
  if (!master) throw new Error('the slot has no master')
  const replica = await startNode()
  await replica.cli('cluster', 'meet', '127.0.0.1', String(master.port), String(master.bus))
  await Promise.all([...nodes].map((node) => isWhole(node, 4)))
  await replica.cli('cluster', 'replicate', await master.cli('cluster', 'myid'))
  await eventually(async () => expect(await replica.cli('info', 'replication')).toContain('master_link_status:up'))
  const [a, b] = [await start(), await start()]
  const used = await acceptedProof(a)
  await master.kill()
  for (let n = 100; n < 120; n++) {
    expect(codeOf(await a.ask({ ...workload(), ...reading(n) }))).toBe('ALLOWED')
    expect(codeOf(await b.ask(used))).not.toBe('ALLOWED')
  }
  await eventually(async () => expect(await replica.cli('info', 'replication')).toContain('role:master'))
  const after = await acceptedProof(a)
  for (const each of [a, b]) {
    expect(codeOf(await each.ask(used))).toMatch(/REPLAYED|FIRST_USE_UNAVAILABLE/)
    expect(codeOf(await each.ask(after))).toMatch(/REPLAYED|FIRST_USE_UNAVAILABLE/)
  }
  expect(codeOf(await b.ask(await acceptedProof(b)))).toBe('REPLAYED')
}, 60_000)
