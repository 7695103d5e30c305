import { createRedis, type Redis, redisScript } from '../../net/redis.ts'
import type { RedisSettings } from '../../net/redis-settings.ts'
import type { Sink } from '../../seams.ts'
import { readSinkFile, type SinkParts } from './sink-parts.ts'
import type { SettingsOf } from './sink-settings.ts'

// The id of an entry is the number of its record and one, since 0-0 is none. Redis takes an id only after those it has,
// so what comes again is left out, and no record stands twice.
const append = redisScript(`
local last = 0
if redis.call('EXISTS', KEYS[1]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = tonumber(string.match(info[i + 1], '^%d+')) end
  end
end
local added = 0
for i = 3, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    local id = ARGV[i] .. '-0'
    if i + 1 == #ARGV then
      redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], id, 'record', ARGV[i + 1], 'checkpoint', ARGV[2])
    else
      redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], id, 'record', ARGV[i + 1])
    end
    added = added + 1
  end
end
return added`)

const defaultPort = 6_379
const timeoutMs = 5_000
const connectedMs = 3_000

/**
 * Entries of a Redis stream, `<stream>:<name of the log>`: `record` is the line, and the last of a batch has the
 * `checkpoint` that covers it. About `keep` entries stay.
 */
export function createRedisSink(settings: SettingsOf<'redis'>, parts: SinkParts): Sink {
  let redis: Redis | undefined

  async function connected(): Promise<Redis> {
    redis ??= createRedis(await settingsOf(settings), { random: parts.random })
    await redis.settled(connectedMs)
    return redis
  }

  return {
    async deliver({ origin, records, checkpoint }, signal) {
      const open = await connected()
      signal.throwIfAborted()
      const entries = records.flatMap(({ seq, line }) => [seq + 1, line])
      const answer = await open.run(append, [`${settings.stream}:${origin}`], [settings.keep, checkpoint, ...entries])
      if (answer.ok) return
      const { lastFault } = open.status()
      redis = undefined
      open.close() // the next try reads the password anew
      throw new Error(`redis: ${answer.fault}${lastFault === undefined ? '' : ` (${lastFault})`}`)
    },
    async close() {
      redis?.close()
    },
  }
}

async function settingsOf({ url, username, password, ca }: SettingsOf<'redis'>): Promise<RedisSettings> {
  const { protocol, hostname, port, pathname } = new URL(url)
  const [secret, authority] = await Promise.all([readSinkFile(password), readSinkFile(ca)])
  return {
    kind: 'standalone',
    nodes: [{ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port) || defaultPort }],
    database: Number(pathname.slice(1)) || 0,
    timeoutMs,
    ...(username !== undefined && { username }),
    ...(secret !== undefined && { password: secret }),
    ...(protocol === 'rediss:' && { tls: authority === undefined ? {} : { ca: authority } }),
  }
}
