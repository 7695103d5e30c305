import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../../pdp/core/digest.ts'
import { instant, plus, seconds } from '../../../pdp/core/time.ts'
import { createRedisFirstUse } from '../../../pdp/first-use/redis-store.ts'
import type { Redis } from '../../../pdp/net/redis.ts'
import { createRedisNames } from '../../../pdp/net/redis-keys.ts'
import { createSealer } from '../../../pdp/net/sealer.ts'
import { frameAt } from '../../support/clock.ts'
import { testFirstUse, type CreateFirstUse } from '../../support/first-use-contract.ts'
import { testFirstUseModel } from '../../support/first-use-model.ts'
import { connectRedis, type RedisServer, startRedis } from '../../support/redis.ts'

// The contract of the memory store, over a real Redis. Each store has a prefix of its own, and so begins empty.

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = await connectRedis(server.port)
})
afterAll(async () => {
  redis.close()
  await server.remove()
})

let stores = 0
const create: CreateFirstUse = async (startedAt) => {
  const names = createRedisNames(`store-${stores++}:`)
  const store = createRedisFirstUse({ redis, names, sealer: createSealer([randomBytes(32)]), randomBytes })
  await store.begin(startedAt)
  return store
}

/** A store over a connection that loses the answers to this many of its next commands, each of which was done. */
async function losing(answers: number) {
  const names = createRedisNames(`store-${stores++}:`)
  const sealer = createSealer([randomBytes(32)])
  let left = 0
  const lossy: Redis = {
    ...redis,
    async run(...command) {
      const answer = await redis.run(...command)
      return left-- > 0 ? { ok: false, fault: 'lost' } : answer
    },
  }
  const store = createRedisFirstUse({ redis: lossy, names, sealer, randomBytes })
  const now = instant(1_760_000_000_000)
  await store.begin(now)
  left = answers
  const use = { purpose: 'p', parts: ['x'], issuedAt: now, until: plus(now, seconds(60)) }
  const frame = { ...frameAt(now), now }
  return { claim: (by: string) => store.claim([use], sha256(by), frame) }
}

test.for([
  ['one answer is lost: it is asked for again, and the write was its own', 1, 'first', 'used'],
  ['both answers are lost: it is unknown, and used up', 2, 'unknown', 'used'],
] as const)('%s', async ([, lost, own, others]) => {
  const { claim } = await losing(lost)
  expect(await claim('one')).toBe(own)
  expect(await claim('another')).toBe(others)
})

testFirstUse('Redis', create)
testFirstUseModel('Redis', create, { bounded: false, runs: 100 })
