import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { createRedisFirstUse } from '../../../pdp/first-use/redis-store.ts'
import type { Redis } from '../../../pdp/net/redis.ts'
import { createRedisNames } from '../../../pdp/net/redis-keys.ts'
import { createSealer } from '../../../pdp/net/sealer.ts'
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

testFirstUse('Redis', create)
testFirstUseModel('Redis', create, { bounded: false, runs: 100 })
