import { loadRedisSettings } from '../../../compose/load-redis-settings.ts'
import { createRedis, type Redis, redisScript } from '../../../net/redis.ts'
import { aheadOf, judgeClock } from './clock.ts'
import { type Examined, type Finding, reasonOf } from './finding.ts'

/** All that is asked, without a change: the time, and what the server tells of itself. */
const look = redisScript(`
  local t = redis.call('TIME')
  return {t[1], t[2], redis.call('INFO', 'server'), redis.call('INFO', 'memory'), redis.call('INFO', 'persistence'), redis.call('INFO', 'replication')}
`)

const stepMs = 100
const steps = 30
const stepsAfterFault = 5
const rounds = 5
const oldest = [6, 2] as const

/** The Redis of the fleet: whether it can be reached and by whom, how soon it answers, and what it would forget. */
export async function examineRedis(examined: Examined): Promise<readonly Finding[]> {
  const { config, environment, random } = examined
  if (!config.fleet) return []
  const about = config.fleet.redis.join(' ')
  const fail = (detail: string, todo: string): Finding[] => [{ id: 'redis', about, verdict: 'fail', detail, todo }]
  let redis: Redis
  try {
    const settings = await loadRedisSettings(config.fleet, environment)
    redis = createRedis({ ...settings, timeoutMs: 1_000 }, { random })
  } catch (error) {
    return fail(reasonOf(error), 'mend what `fleet` names')
  }
  try {
    await settled(redis)
    const { connected, lastFault = 'no connection in time' } = redis.status()
    if (!connected) return fail(lastFault, 'look at address, network, TLS and password')
    return await examineConnected(redis, about, examined, config.fleet)
  } finally {
    redis.close()
  }
}

/** Until it is connected, or for three seconds; not so long where it is known why not. */
async function settled(redis: Redis): Promise<void> {
  let faults = 0
  for (let i = 0; i < steps && faults < stepsAfterFault && !redis.status().connected; i++) {
    await redis.settled(stepMs)
    if (redis.status().lastFault !== undefined) faults++
  }
}

async function examineConnected(
  redis: Redis,
  about: string,
  { config, clock }: Examined,
  { timeout_ms: timeoutMs }: NonNullable<Examined['config']['fleet']>,
): Promise<readonly Finding[]> {
  const took: number[] = []
  let told: readonly unknown[] = []
  let between: readonly [before: number, after: number] = [0, 0]
  for (let i = 0; i < rounds; i++) {
    const [began, at] = [performance.now(), clock()]
    const answer = await redis.run(look, [`${config.fleet?.prefix ?? ''}doctor`], [])
    if (!answer.ok || !Array.isArray(answer.value)) {
      const todo = 'let this user run scripts with TIME and INFO (+@scripting +info +time)'
      return [
        {
          id: 'redis',
          about,
          verdict: 'fail',
          detail: `connected; a script is ${answer.ok ? 'answered oddly' : answer.fault}`,
          todo,
        },
      ]
    }
    took.push(performance.now() - began)
    between = [at, clock()]
    told = answer.value
  }
  const [seconds, micros, ...infos] = told.map((each) => (Buffer.isBuffer(each) ? each.toString() : String(each)))
  const info = infoOf(infos.join('\n'))
  const aheadMs = aheadOf(Number(seconds) * 1_000 + Number(micros) / 1_000, ...between)
  return [
    judgeServer(about, info),
    judgeLatency(about, took.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0, timeoutMs),
    judgeEviction(about, info),
    judgeTransport(about),
    judgeClock('Redis', aheadMs, config.limits.clock_skew_s * 1_000, 1_000),
  ]
}

type Info = ReadonlyMap<string, string>

const infoOf = (text: string): Info =>
  new Map([...text.matchAll(/^([a-z_]+):([^\r\n]*)/gm)].map(([, name = '', value = '']) => [name, value]))

function judgeServer(about: string, info: Info): Finding {
  const version = info.get('redis_version') ?? 'unknown'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const kept = info.get('aof_enabled') === '1' ? 'keeps what it is told' : 'forgets at a restart, which is noticed'
  const role = info.get('role') ?? 'unknown'
  const detail = `version ${version}, ${role}; ${kept}`
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1]))
    return { id: 'redis', about, verdict: 'fail', detail, todo: `use ${oldest.join('.')} or newer` }
  if (role !== 'master')
    return {
      id: 'redis',
      about,
      verdict: 'fail',
      detail,
      todo: 'name the master, or its sentinels: a replica takes no writes',
    }
  return { id: 'redis', about, verdict: 'ok', detail }
}

function judgeLatency(about: string, ms: number, timeoutMs: number): Finding {
  const detail = `answers in ${ms.toFixed(1)} ms; what takes longer than ${timeoutMs} ms is done without`
  const todo = 'bring it nearer, or find what it is busy with'
  if (ms > timeoutMs) return { id: 'redis-latency', about, verdict: 'fail', detail, todo }
  return ms > timeoutMs / 2
    ? { id: 'redis-latency', about, verdict: 'warn', detail, todo }
    : { id: 'redis-latency', about, verdict: 'ok', detail }
}

function judgeEviction(about: string, info: Info): Finding {
  const policy = info.get('maxmemory_policy') ?? 'unknown'
  const detail = `maxmemory-policy ${policy}`
  return policy === 'noeviction'
    ? { id: 'redis-eviction', about, verdict: 'ok', detail }
    : {
        id: 'redis-eviction',
        about,
        verdict: 'fail',
        detail: `${detail}: marks of single use may be dropped, so proofs are refused`,
        todo: 'CONFIG SET maxmemory-policy noeviction, and the same in its configuration',
      }
}

function judgeTransport(about: string): Finding {
  const plain = about
    .split(' ')
    .some((url) => !url.startsWith('rediss:') && !/\/\/(?:127\.|localhost|\[::1\])/.test(url))
  return plain
    ? {
        id: 'redis-tls',
        about,
        verdict: 'warn',
        detail: 'is spoken to in plain text over a network',
        todo: 'use rediss://, unless something else keeps it private',
      }
    : { id: 'redis-tls', about, verdict: 'ok', detail: about.includes('rediss:') ? 'TLS' : 'on this machine' }
}
