import { createHash } from 'node:crypto'
import { Cluster, Redis as Connection } from 'ioredis'
import { type BreakerState, createBreaker } from './breaker.ts'
import type { RedisSettings } from './redis-settings.ts'
import { connectionFault } from './redis-fault.ts'
import { createTimeLimit, tookTooLong } from './time-limit.ts'

/**
 * Why there is no answer.
 *
 * - `disconnected`: nothing was sent. `breaker`: nothing was sent, since others were not answered lately.
 * - `timeout`, `lost`: it was sent, and may have been done. `refused`: Redis answered with an error; nothing was done.
 */
export type RedisFault = 'disconnected' | 'breaker' | 'timeout' | 'lost' | 'refused'

/** What Redis answered, or why there is no answer. Nothing here throws or rejects. */
export type RedisAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: RedisFault }

/** A script of Lua, and the digest that Redis knows it by. */
export interface RedisScript {
  readonly lua: string
  readonly sha1: string
}

/** An entry of a stream: its id, and names and values in turn. */
export interface StreamEntry {
  readonly id: string
  readonly fields: readonly string[]
}

/** Who listens on a channel. `connected`: from now on every message is heard; `lost`: some may be missed until then. */
export interface Subscriber {
  message(text: string): void
  connected?(): void
  lost?(): void
}

/** The commands that are needed, over one connection to Redis. Keys and channels are whole names: see `redis-keys.ts`. */
export interface Redis {
  get(key: string): Promise<RedisAnswer<Buffer | undefined>>
  set(key: string, value: Uint8Array | string, lifetimeMs: number): Promise<RedisAnswer<'done'>>
  /** Runs a script atomically. In a cluster all its keys must share a hash tag. Answers numbers, texts, lists of them. */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<RedisAnswer<unknown>>
  /** Answers how many heard it, of those connected to the same node. */
  publish(channel: string, text: string): Promise<RedisAnswer<number>>
  /** Listens until the answered function is called. Subscribes again by itself after a lost connection. */
  subscribe(channel: string, subscriber: Subscriber): () => void
  /** Appends to a stream, which keeps about `keep` entries; answers the id. */
  streamAdd(key: string, fields: readonly string[], keep: number): Promise<RedisAnswer<string>>
  /** Entries after an id (`0` for all), in order. */
  streamAfter(key: string, id: string, count: number): Promise<RedisAnswer<readonly StreamEntry[]>>
  status(): RedisStatus
  /** Once it is connected, or `ms` have passed. */
  settled(ms: number): Promise<void>
  close(): void
}

/** `lastFault`: why the connection was lost or not made, for the operator; absent while all is well. */
export interface RedisStatus {
  readonly connected: boolean
  readonly breaker: BreakerState
  readonly lastFault?: string
}

export interface RedisParts {
  /** Between 0 and 1. */
  readonly random: () => number
  /** Monotonic milliseconds. */
  readonly now?: () => number
  /** One line for the operator: connected, lost, and why. */
  readonly say?: (line: string) => void
  /** Commands can be sent from now on, perhaps to another server than before. */
  readonly connected?: () => void
  /** A command was answered, or was not. */
  readonly asked?: (command: string, outcome: 'answered' | RedisFault) => void
}

export const redisScript = (lua: string): RedisScript => ({
  lua,
  sha1: createHash('sha1').update(lua).digest('hex'),
})

const silentSocketMs = 1_000
const connectMs = 2_000
const pingMs = 1_000
const slotsMs = 1_000

type Client = Connection | Cluster

/** Connects, and stays at it. Answers at once; nothing waits for Redis to be there. */
export function createRedis(settings: RedisSettings, parts: RedisParts): Redis {
  const { random, now = () => performance.now(), say = () => undefined, asked = () => undefined } = parts
  const breaker = createBreaker({ now, random })
  const limit = createTimeLimit(settings.timeoutMs, now)
  const subscribers = new Map<string, Set<Subscriber>>()
  let lastFault: string | undefined
  let closed = false
  const client = connect(settings, random)
  watch(client)
  let listening: Client | undefined

  function watch(connection: Client): void {
    let said: string | undefined
    const tell = (line: string) => {
      if (said !== line) say(`redis: ${line}`)
      said = line
    }
    connection.on('error', (error: Error) => {
      lastFault = connectionFault(error)
      tell(lastFault)
    })
    connection.on('close', () => {
      if (!closed && said === 'connected') tell((lastFault = 'connection lost'))
    })
    connection.on('ready', () => {
      lastFault = undefined
      breaker.reset()
      tell('connected')
      parts.connected?.()
    })
  }

  async function ask<T>(command: string, send: () => Promise<T>): Promise<RedisAnswer<T>> {
    const answer = await attempt(send)
    asked(command, answer.ok ? 'answered' : answer.fault)
    return answer
  }

  async function attempt<T>(send: () => Promise<T>): Promise<RedisAnswer<T>> {
    if (client.status !== 'ready') return { ok: false, fault: 'disconnected' }
    if (!breaker.admits()) return { ok: false, fault: 'breaker' }
    try {
      const value = await limit(send())
      if (value === tookTooLong) {
        breaker.failed()
        return { ok: false, fault: 'timeout' }
      }
      breaker.succeeded()
      return { ok: true, value }
    } catch (error) {
      if (isReply(error) && !unfit.test(error.message)) {
        breaker.succeeded()
        return { ok: false, fault: 'refused' }
      }
      breaker.failed()
      return { ok: false, fault: isReply(error) ? 'refused' : 'lost' }
    }
  }

  async function evaluate({ lua, sha1 }: RedisScript, keys: readonly string[], args: readonly (string | number)[]) {
    try {
      return await client.call('evalsha', sha1, keys.length, ...keys, ...args)
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.call('eval', lua, keys.length, ...keys, ...args)
    }
  }

  function listen(): Client {
    const connection = connect(settings, random)
    connection.on('error', () => undefined) // the other connection tells
    connection.on('message', (channel: string, text: string) => {
      for (const subscriber of subscribers.get(channel) ?? []) subscriber.message(text)
    })
    const all = () => [...subscribers.values()].flatMap((some) => [...some])
    connection.on('close', () => {
      for (const subscriber of all()) subscriber.lost?.()
    })
    connection.on('ready', () => {
      for (const channel of subscribers.keys()) void hear(connection, channel)
    })
    // a connection that has died without a word is found out by what it does not answer
    const timer = setInterval(() => {
      if (connection.status === 'ready') connection.ping().catch(() => undefined)
    }, pingMs)
    timer.unref()
    connection.on('end', () => clearInterval(timer))
    return connection
  }

  async function hear(connection: Client, channel: string): Promise<void> {
    if (connection.status !== 'ready') return
    try {
      await connection.subscribe(channel)
      for (const subscriber of subscribers.get(channel) ?? []) subscriber.connected?.()
    } catch (error) {
      say(`redis: cannot subscribe: ${connectionFault(error)}`)
      connection.disconnect(true)
    }
  }

  return {
    get: (key) => ask('get', async () => (await client.getBuffer(key)) ?? undefined),
    set: (key, value, lifetimeMs) =>
      ask('set', async () => {
        const bytes = typeof value === 'string' ? value : bufferOf(value)
        await client.call('set', key, bytes, 'PX', Math.max(1, Math.ceil(lifetimeMs)))
        return 'done' as const
      }),
    run: (script, keys, args) => ask('script', () => evaluate(script, keys, args)),
    publish: (channel, text) => ask('publish', async () => Number(await client.call('publish', channel, text))),
    subscribe(channel, subscriber) {
      const some = subscribers.get(channel)
      subscribers.set(channel, (some ?? new Set()).add(subscriber))
      if (!listening) listening = listen()
      else if (!some) void hear(listening, channel)
      else if (listening.status === 'ready') subscriber.connected?.()
      return () => void subscribers.get(channel)?.delete(subscriber)
    },
    streamAdd: (key, fields, keep) =>
      ask('xadd', async () => String(await client.call('xadd', key, 'MAXLEN', '~', keep, '*', ...fields))),
    streamAfter: (key, id, count) =>
      ask('xrange', async () => {
        const entries = await client.xrange(key, id === '0' ? '-' : `(${id}`, '+', 'COUNT', count)
        return entries.map(([id, fields]) => ({ id, fields }))
      }),
    status: () => ({
      connected: client.status === 'ready',
      breaker: breaker.state(),
      ...(lastFault !== undefined && { lastFault }),
    }),
    settled: (ms) =>
      new Promise((resolve) => {
        if (client.status === 'ready') return resolve()
        const timer = setTimeout(done, ms)
        function done() {
          clearTimeout(timer)
          client.off('ready', done)
          resolve()
        }
        client.once('ready', done)
      }),
    close() {
      closed = true
      client.disconnect()
      listening?.disconnect()
    },
  }
}

/** Errors of a server that is not fit to be asked: it loads, lost its master or its role, or the cluster is down. */
const unfit = /^(?:LOADING|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|UNKILLABLE|BUSY )/
const demoted = /^(?:READONLY|UNBLOCKED)/

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

// ioredis by itself queues while there is no connection, sends again what was not answered, and waits for ever.
function connect({ kind, nodes, database, sentinel, ...settings }: RedisSettings, random: () => number): Client {
  const { username, password, tls } = settings
  const again = (times: number) => Math.min(2_000, 25 * 2 ** Math.min(times, 8)) * (0.5 + random())
  const common = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: { minVersion: 'TLSv1.2' as const, ...tls } }),
    connectionName: 'sallyport',
    connectTimeout: connectMs,
    socketTimeout: silentSocketMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    reconnectOnError: (error: Error) => demoted.test(error.message),
  }
  if (kind === 'cluster') {
    return new Cluster([...nodes], {
      redisOptions: common,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      clusterRetryStrategy: again,
      clusterNodeRetryStrategy: again,
      slotsRefreshTimeout: silentSocketMs,
      slotsRefreshInterval: slotsMs, // who has the slots of a dead node is found out by asking the others
      maxRedirections: 3,
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      ...(tls && { dnsLookup: (address, callback) => callback(null, address) }), // certificates have names
    })
  }
  const options = { ...common, enableOfflineQueue: false, enableAutoPipelining: true, retryStrategy: again }
  if (kind === 'sentinel') {
    return new Connection({
      ...options,
      db: database,
      sentinels: [...nodes],
      name: sentinel?.name ?? '',
      ...(sentinel?.username !== undefined && { sentinelUsername: sentinel.username }),
      ...(sentinel?.password !== undefined && { sentinelPassword: sentinel.password }),
      ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: { minVersion: 'TLSv1.2' as const, ...tls } }),
      sentinelRetryStrategy: again,
      sentinelCommandTimeout: silentSocketMs,
      failoverDetector: true,
    })
  }
  return new Connection({ ...options, ...nodes[0], db: database })
}
