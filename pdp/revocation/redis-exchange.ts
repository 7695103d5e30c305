import { instant } from '../core/time.ts'
import type { Redis, RedisAnswer } from '../net/redis.ts'
import { redisScript } from '../net/redis.ts'
import type { RedisNames } from '../net/redis-keys.ts'
import type { Sealer } from '../net/sealer.ts'
import { changeJson, readChange, type RevocationChange } from './change.ts'
import type { Position, RevocationExchange, SharedRead } from './exchange.ts'

// One sorted set: members are sealed changes, scores are epochs. Only the scripts below add, always above all that is
// there; so where the last entry that was read stands in its place and the count is right, what is before it is too.
// The first entry only says that the set began, so that one that began anew is told from one that is empty still. A server
// that was started or promoted has another replication id, and may lack what came last.

const readScript = redisScript(`
local memory = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local from = '(' .. ARGV[1]
if ARGV[2] == '' then
  from = '-inf'
  if redis.call('ZCARD', KEYS[1]) == 0 then redis.call('ZADD', KEYS[1], 1, ARGV[5]) end
else
  local at = redis.call('ZSCORE', KEYS[1], ARGV[2])
  if memory ~= ARGV[4] or not at or tonumber(at) ~= tonumber(ARGV[1]) then return {0, 0, {}, memory} end
end
local entries = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
return {1, redis.call('ZCARD', KEYS[1]), entries, memory}
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
const began = 'began'
const forEver = instant(8.64e15) // what a change says of its end is for the instances to judge

export interface RedisExchangeParts {
  readonly redis: Pick<Redis, 'run' | 'subscribe'>
  readonly names: Pick<RedisNames, 'revocations' | 'revocationsAdded'>
  readonly sealer: Sealer
  /** A text that is never the same again. */
  readonly newId: () => string
  /** Hears how many entries stood there that nobody of the fleet wrote. They were removed. */
  readonly foreign: (entries: number) => void
}

/** What a fleet shares, in Redis. */
export function createRedisExchange({ redis, names, sealer, newId, foreign }: RedisExchangeParts): RevocationExchange {
  const key = names.revocations
  const seal = (text: string): string => sealer.seal(key, Buffer.from(text), forEver).toString('base64')
  const memberOf = (change: RevocationChange): string => seal(JSON.stringify(changeJson(change)))

  function open(member: string, score: number): RevocationChange | typeof began | undefined {
    const opened = sealer.open(key, Buffer.from(member, 'base64'), instant(0))
    if (!opened.ok || !Number.isSafeInteger(score) || score < 1) return undefined
    const text = opened.value.toString('utf8')
    if (text.startsWith(began)) return began
    const change = readChange(text)
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
      let { memory, epoch, mark } = from
      let read = 0
      for (;;) {
        const page = pageOf(
          valueOf(await redis.run(readScript, [key], [epoch, mark, pageSize, memory, seal(`${began} ${newId()}`)])),
        )
        if (!page.continues) return { continues: false, changes: [], position: from }
        for (const { member, score } of page.entries) {
          const change = open(member, score)
          if (!change) others.push(member)
          else if (change !== began) changes.push(change)
          epoch = score
          mark = member
        }
        memory = page.memory
        read += page.entries.length
        if (page.entries.length === pageSize) continue
        if (others.length > 0) {
          foreign(others.length)
          await removeMembers(others)
        }
        const position: Position = { memory, epoch, mark, size: page.size }
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
  readonly memory: string
  readonly entries: readonly { readonly member: string; readonly score: number }[]
}

/** What the reading script answers: `[continues, size, [member, score, …], memory]`. */
function pageOf(value: unknown): Page {
  const [continues, size, flat, memory] = Array.isArray(value) ? (value as readonly unknown[]) : []
  const list: readonly unknown[] = Array.isArray(flat) ? flat : []
  const entries = Array.from({ length: list.length / 2 }, (_, i) => ({
    member: String(list[2 * i]),
    score: Number(list[2 * i + 1]),
  }))
  return { continues: continues === 1, size: Number(size), memory: String(memory), entries }
}
