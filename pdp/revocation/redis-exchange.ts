import { instant } from '../core/time.ts'
import type { Redis, RedisAnswer } from '../net/redis.ts'
import { redisScript } from '../net/redis.ts'
import type { RedisNames } from '../net/redis-keys.ts'
import type { Sealer } from '../net/sealer.ts'
import { changeJson, readChange, type RevocationChange } from './change.ts'
import type { Position, RevocationExchange, SharedRead } from './exchange.ts'

// One sorted set: members are sealed changes, scores are epochs. Only the script below adds, always above all that is
// there; so where the last entry that was read stands in its place and the count is right, what is before it is too.

const readScript = redisScript(`
local from = '(' .. ARGV[1]
if ARGV[2] == '' then
  from = '-inf'
else
  local at = redis.call('ZSCORE', KEYS[1], ARGV[2])
  if not at or tonumber(at) ~= tonumber(ARGV[1]) then return {0, 0, {}} end
end
return {1, redis.call('ZCARD', KEYS[1]), redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])}
`)

const appendScript = redisScript(`
local top = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or '0'
local before = math.max(tonumber(top), tonumber(ARGV[1]))
if before > 9007199254740000 then return redis.error_reply('ERR epoch is too high') end
local epoch = before
for i = 3, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    epoch = epoch + 1
    redis.call('ZADD', KEYS[1], epoch, ARGV[i])
  end
end
if epoch > before then redis.call('PUBLISH', ARGV[2], epoch) end
return epoch
`)

const removeScript = redisScript(`for i = 1, #ARGV do redis.call('ZREM', KEYS[1], ARGV[i]) end return 0`)

const pageSize = 100 // one command must not take long
const forEver = instant(8.64e15) // what a change says of its end is for the instances to judge

export interface RedisExchangeParts {
  readonly redis: Pick<Redis, 'run' | 'subscribe'>
  readonly names: Pick<RedisNames, 'revocations' | 'revocationsAdded'>
  readonly sealer: Sealer
  /** Hears how many entries stood there that nobody of the fleet wrote. They were removed. */
  readonly foreign: (entries: number) => void
}

/** What a fleet shares, in Redis. */
export function createRedisExchange({ redis, names, sealer, foreign }: RedisExchangeParts): RevocationExchange {
  const key = names.revocations
  const memberOf = (change: RevocationChange): string =>
    sealer.seal(key, Buffer.from(JSON.stringify(changeJson(change))), forEver).toString('base64')

  function open(member: string, score: number): RevocationChange | undefined {
    const opened = sealer.open(key, Buffer.from(member, 'base64'), instant(0))
    if (!opened.ok || !Number.isSafeInteger(score) || score < 1) return undefined
    const change = readChange(opened.value.toString('utf8'))
    return change.ok ? change.value : undefined
  }

  const removeMembers = async (members: readonly string[]): Promise<void> => {
    for (let i = 0; i < members.length; i += pageSize) {
      valueOf(await redis.run(removeScript, [key], members.slice(i, i + pageSize)))
    }
  }

  return {
    async read(from) {
      const changes: RevocationChange[] = []
      const others: string[] = []
      let { epoch, mark } = from
      let read = 0
      for (;;) {
        const page = pageOf(valueOf(await redis.run(readScript, [key], [epoch, mark, pageSize])))
        if (!page.continues) return { continues: false, changes: [], position: from }
        for (const { member, score } of page.entries) {
          const change = open(member, score)
          if (change) changes.push(change)
          else others.push(member)
          epoch = score
          mark = member
        }
        read += page.entries.length
        if (page.entries.length === pageSize) continue
        if (others.length > 0) {
          foreign(others.length)
          await removeMembers(others)
        }
        const position: Position = { epoch, mark, size: page.size }
        const continues = others.length === 0 && from.size + read === page.size
        return { continues, changes, position } satisfies SharedRead
      }
    },
    async append(changes, floor) {
      let epoch = floor
      for (let i = 0; i < changes.length; i += pageSize) {
        const members = changes.slice(i, i + pageSize).map(memberOf)
        epoch = Number(valueOf(await redis.run(appendScript, [key], [epoch, names.revocationsAdded, ...members])))
      }
      return epoch
    },
    remove: (changes) => removeMembers(changes.map(memberOf)),
    onAdded: (run) => redis.subscribe(names.revocationsAdded, { message: run, connected: run }),
  }
}

function valueOf<T>(answer: RedisAnswer<T>): T {
  if (answer.ok) return answer.value
  throw new Error(`Redis: ${answer.fault}`)
}

interface Page {
  readonly continues: boolean
  readonly size: number
  readonly entries: readonly { readonly member: string; readonly score: number }[]
}

/** What the reading script answers: `[continues, size, [member, score, …]]`. */
function pageOf(value: unknown): Page {
  const [continues, size, flat] = Array.isArray(value) ? (value as readonly unknown[]) : []
  const list: readonly unknown[] = Array.isArray(flat) ? flat : []
  const entries = Array.from({ length: list.length / 2 }, (_, i) => ({
    member: String(list[2 * i]),
    score: Number(list[2 * i + 1]),
  }))
  return { continues: continues === 1, size: Number(size), entries }
}
