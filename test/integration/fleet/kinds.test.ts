import { expect, onTestFinished, test } from 'vitest'
import { isAllow } from '../../../pdp/core/decision.ts'
import { buildTestBundle } from '../../support/build-bundle.ts'
import { eventually } from '../../support/eventually.ts'
import { present, redisPassword, startInstance } from '../../support/instance.ts'
import { acceptedProof } from '../../support/proofs.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { bearer, svid } from '../../support/world.ts'

// Two instances share answers and single uses over each kind of Redis that a configuration may name.

const rego = `package orders\n\ndecision := {"allow": input.action.name == "read"}\n`

async function server(settings: readonly string[] = []): Promise<RedisServer> {
  const started = await startRedis(settings)
  onTestFinished(() => started.remove())
  return started
}

async function sharesAll(fleet: Readonly<Record<string, unknown>>): Promise<void> {
  const bundle = await buildTestBundle({ rego })
  const start = async () => {
    const limits = { rate: { pep: { per_second: 1, burst: 5 }, shared: true } }
    const instance = await startInstance({ bundle, fleet: { l2: 'always', ...fleet }, limits })
    onTestFinished(() => instance.close())
    return instance
  }
  const [a, b] = [await start(), await start()]
  const used = await acceptedProof(a)
  expect(await b.ask(used)).toMatchObject({ code: 'REPLAYED' })
  const pep = a.pdp.peps.get('gateway')
  if (!pep) throw new Error('the enforcement point is missing')
  await eventually(() => {
    a.pdp.waitOf(pep)
    expect(b.pdp.waitOf(pep), 'for its own alone it would be a second at most').toBeGreaterThan(1)
  })
  const reuse = { read: false, store: true }
  await eventually(async () => {
    await a.ask({ headers: bearer(svid({ now: present() })), reuse })
    const c = await start()
    const decision = await c.ask({ headers: bearer(svid({ now: present() })) })
    expect(isAllow(decision)).toBe(true)
    expect(decision.verdicts[0]?.evaluated?.cache).toBe('hit-l2')
  })
}

test('a user that may do what docs/fleet.md says, and no more', async () => {
  const redis = await server()
  const commands =
    '+@connection +get +set +zadd +zcard +zrangebyscore +zrem +zrevrange +zscore +eval +evalsha +info +publish +subscribe +time'.split(
      ' ',
    )
  await redis.cli('acl', 'setuser', 'pdp', 'on', `>${redisPassword}`, '~sallyport:*', '&sallyport:*', ...commands)
  await redis.cli('acl', 'setuser', 'default', 'off')
  expect(await redis.cli('get', 'x')).toContain('NOAUTH') // nobody else gets in
  await sharesAll({
    redis: `redis://127.0.0.1:${redis.port}`,
    username: 'pdp',
    password: 'env:REDIS_PASSWORD',
  })
})
