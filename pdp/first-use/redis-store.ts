import { canonicalText } from '../core/canonical-bytes.ts'
import { type Digest, sha256 } from '../core/digest.ts'
import { between, type Instant, instant, type Seconds, seconds } from '../core/time.ts'
import { type Redis, redisScript } from '../net/redis.ts'
import type { RedisNames } from '../net/redis-keys.ts'
import type { Sealer } from '../net/sealer.ts'
import type { FirstUse, Use } from '../seams.ts'

export interface RedisFirstUseOptions {
  readonly redis: Redis
  readonly names: RedisNames
  readonly sealer: Sealer
  /** How far ahead of ours an issuer's clock may be and still be accepted; 0 if absent. */
  readonly leeway?: Seconds
  readonly randomBytes: (length: number) => Uint8Array
  /** Something stood there that is not ours; or uses may be forgotten, with what to do about it. */
  readonly alarm?: (reason: FirstUseAlarm) => void
}

export interface RedisFirstUse extends FirstUse {
  /**
   * Redis may be another than before, or have begun anew: sees to it that claims are known from now on, and not from the
   * first that comes.
   */
  begin(now: Instant): Promise<void>
}

/** `forged`: a claim that no instance made. `evicting`: Redis may drop claims to make room, so none can be trusted. */
export type FirstUseAlarm = 'forged' | 'evicting'

const retryWindow = seconds(5)
const clocksApart = seconds(60) // how far instances' clocks may be from each other: claims are kept so much longer

/**
 * Claims all keys, or none. Answers `{since, policy}` and then, for each key, what stood there before or nothing.
 *
 * KEYS: the marker, then the uses. ARGV: now, since when all uses must be known, then for each use its end, how long to
 * keep it in milliseconds, and its value, which begins with its end in 16 digits: one that ended by now does not count.
 *
 * The marker says since when this very data has known every claim. It names the replication id of the server, which is
 * new after every start and every promotion: what was claimed in the last moments before may be lost then, as all is when
 * the marker itself is. From then on only uses issued later can be first. What a script does is done whole, or not at all;
 * Redis does not begin one that would write and find no memory.
 */
const claimScript = redisScript(`
local now = tonumber(ARGV[1])
local id = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local since, known, policy = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%x+) (%S+)$')
if not since or known ~= id or policy ~= 'noeviction' then
  if not since or known ~= id then since = ARGV[1] end
  local memory = redis.call('INFO', 'memory')
  policy = string.match(memory, 'maxmemory_policy:(%S+)') or 'unknown'
  if string.match(memory, 'maxmemory:0%s') then policy = 'noeviction' end
  redis.call('SET', KEYS[1], since .. ' ' .. id .. ' ' .. policy)
end
local answer = {since, policy}
local held = false
for i = 2, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value and tonumber(string.sub(value, 1, 16)) and tonumber(string.sub(value, 1, 16)) <= now then value = false end
  answer[i + 1] = value or ''
  held = held or value
end
if held or tonumber(ARGV[2]) < tonumber(since) or policy ~= 'noeviction' then return answer end
for i = 2, #KEYS do redis.call('SET', KEYS[i], ARGV[2 * i], 'PX', ARGV[2 * i - 1]) end
return answer
`)

interface Claim {
  readonly name: string
  readonly until: Instant
  readonly value: string
}

/**
 * Remembers single uses in the Redis of a fleet. A contract as for the memory store: `first` only when Redis has said that
 * the write is done; a lost answer is asked for again once, and is `first` if the write was this very claim's own. Else
 * `unknown`, which denies.
 *
 * Time is the latest `frame.now` seen: a clock set back never revives what was forgotten.
 */
export function createRedisFirstUse(options: RedisFirstUseOptions): RedisFirstUse {
  const { redis, names, sealer, leeway = seconds(0), randomBytes, alarm = () => undefined } = options
  let latest = instant(0)

  function claimsOf(uses: readonly Use[], by: Digest, now: Instant): readonly Claim[] {
    const ends = new Map<string, Instant>()
    for (const { purpose, parts, until } of uses) {
      const name = names.use(sha256(canonicalText([purpose, parts])))
      ends.set(name, instant(Math.max(ends.get(name) ?? 0, until)))
    }
    const nonce = Buffer.from(randomBytes(12)).toString('base64url')
    return [...ends].map(([name, until]) => {
      const sealed = sealer.seal(name, Buffer.from(`${by} ${now} ${nonce}`), until)
      return { name, until, value: `${digits(until)} ${sealed.toString('base64url')}` }
    })
  }

  /** What Redis found for these claims; undefined where it cannot be known. Asks again where an answer was lost. */
  async function ask(claims: readonly Claim[], issuedAt: Instant) {
    const keys = [names.usesKnown, ...claims.map(({ name }) => name)]
    const args = [
      Math.floor(latest),
      Math.floor(issuedAt - leeway * 1000),
      ...claims.flatMap(({ until, value }) => [Math.ceil(until - latest + clocksApart * 1000), value]),
    ]
    const send = () => redis.run(claimScript, keys, args)
    const first = await send()
    const answer = !first.ok && (first.fault === 'timeout' || first.fault === 'lost') ? await send() : first
    return answer.ok ? readFound(answer.value, claims.length) : undefined
  }

  async function claim(uses: readonly Use[], by: Digest, now: Instant) {
    if (!Number.isFinite(now)) return 'unknown'
    if (now > latest) latest = now
    if (!uses.every((use) => use.until > latest && isTime(use.until) && isTime(use.issuedAt))) return 'unknown'
    const claims = claimsOf(uses, by, now)
    const issuedAt = instant(Math.min(...uses.map((use) => use.issuedAt)))
    const found = await ask(claims, issuedAt)
    if (!found) return 'unknown'
    const held = claims.filter((_, i) => found.before[i] !== '')
    if (held.length === claims.length && claims.every(({ value }, i) => value === found.before[i])) return 'first' // ours
    const retries = held.every((one) => isRetry(one, found.before[claims.indexOf(one)] ?? '', by, now))
    if (issuedAt - leeway * 1000 < found.since) return 'unknown'
    if (held.length > 0) return retries && held.length === claims.length ? 'same-ask' : 'used'
    if (found.policy === 'noeviction') return 'first'
    alarm('evicting')
    return 'unknown'
  }

  /** Whether what stood there is a claim of the same ask, made a moment ago. */
  function isRetry({ name }: Claim, before: string, by: Digest, now: Instant): boolean {
    const opened = sealer.open(name, Buffer.from(before.slice(17), 'base64url'), latest)
    if (!opened.ok && opened.why === 'forged') alarm('forged')
    const [claimedBy, at] = opened.ok ? opened.value.toString('latin1').split(' ') : []
    return claimedBy === by && Math.abs(between(instant(Number(at)), now)) <= retryWindow
  }

  return {
    claim: (uses, by, frame) => claim(uses, by, frame.now),
    async begin(now) {
      latest = instant(Math.max(latest, now))
      await ask([], latest)
    },
  }
}

const digits = (at: Instant): string => String(Math.floor(at)).padStart(16, '0')

const isTime = (at: Instant): boolean => at >= 0 && at < 1e15

/** What the script answered. Undefined for anything else. */
function readFound(answer: unknown, claims: number) {
  if (!Array.isArray(answer) || answer.length !== claims + 2) return undefined
  const [since, policy, ...before] = answer.map(String)
  return since !== undefined && /^\d+$/.test(since) && policy !== undefined
    ? { since: instant(Number(since)), policy, before }
    : undefined
}
