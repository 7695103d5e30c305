import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRedis, type Redis, type RedisParts } from '../../pdp/net/redis.ts'
import type { RedisSettings } from '../../pdp/net/redis-settings.ts'
import { freePort } from '../../bench/contenders/free-port.ts'

// Real servers of Redis, on free ports of loopback, in folders of their own. Nothing is stored on disk unless asked for.

/** A redis-server or redis-sentinel that this test started. */
export interface RedisServer {
  readonly port: number
  readonly pid: () => number
  /** Runs a command of its command line client and answers what it prints. */
  cli(...args: readonly string[]): Promise<string>
  /** Sends a signal; `SIGSTOP` makes it silent with its connections open. */
  signal(signal: NodeJS.Signals): void
  /** Kills it at once, as a crash would. */
  kill(): Promise<void>
  /** Starts it again at the same port after {@link kill}. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  remove(): Promise<void>
}

const run = promisify(execFile)

/** Starts a redis-server with these settings, given as on its command line: `['--maxmemory', '3mb']`. */
export const startRedis = (settings: readonly string[] = []): Promise<RedisServer> =>
  start('redis-server', ['--save', '', '--appendonly', 'no', ...settings])

/** Starts a sentinel that watches a master under the name `fleet`, alone a quorum, and fails over after a second. */
export const startSentinel = (master: number): Promise<RedisServer> =>
  start('redis-sentinel', [], (port) =>
    [
      `port ${port}`,
      'bind 127.0.0.1',
      `sentinel monitor fleet 127.0.0.1 ${master} 1`,
      'sentinel down-after-milliseconds fleet 1000',
      'sentinel failover-timeout fleet 5000',
      '',
    ].join('\n'),
  )

type Configuration = (port: number) => string

/** Starts one; where somebody else took its port in the meantime, at another. */
async function start(
  program: string,
  settings: readonly string[],
  configuration?: Configuration,
): Promise<RedisServer> {
  for (let tries = 0; tries < 5; tries++) {
    const server = await startAt(await freePort(), program, settings, configuration)
    if (server) return server
  }
  throw new Error(`${program} ends as soon as it is started`)
}

async function startAt(
  port: number,
  program: string,
  settings: readonly string[],
  configuration: Configuration | undefined,
): Promise<RedisServer | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-'))
  const file = join(folder, 'redis.conf')
  if (configuration) await writeFile(file, configuration(port))
  const args = configuration ? [file] : ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings]
  const cli = async (...command: readonly string[]) =>
    (await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...command])).stdout.trim()
  let child: ChildProcess

  /** Whether it runs; if not, it has ended, and another process may answer at its port. */
  async function begin(): Promise<boolean> {
    child = spawn(program, args, { stdio: 'ignore' })
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`${program} cannot be started: apt-get install redis-server redis-sentinel (${String(error)})`)
    })
    for (let attempt = 0; attempt < 400; attempt++) {
      const answer = await Promise.race([cli('info', 'server').catch(() => ''), failed])
      if (child.exitCode !== null) return false
      if (answer.includes(`process_id:${child.pid}\r`) || answer.includes('NOAUTH')) return true
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`${program} does not answer`)
  }
  async function restart(): Promise<void> {
    for (let tries = 0; tries < 40; tries++) {
      if (await begin()) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`${program} cannot listen at its port again`)
  }
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const end = once(child, 'exit')
    child.kill('SIGKILL')
    await end
  }

  async function remove(): Promise<void> {
    await kill()
    await rm(folder, { recursive: true, force: true })
  }

  if (!(await begin())) {
    await remove()
    return undefined
  }
  return {
    port,
    pid: () => child.pid ?? 0,
    cli,
    signal: (signal) => void child.kill(signal),
    kill,
    restart,
    remove,
  }
}

/** Connects to a server as the product does, with more patience than a busy machine needs; waits until it is connected. */
export async function connectRedis(
  port: number,
  settings: Partial<RedisSettings> = {},
  parts: Partial<RedisParts> = {},
): Promise<Redis> {
  const redis = createRedis(
    { kind: 'standalone', nodes: [{ host: '127.0.0.1', port }], database: 0, timeoutMs: 200, ...settings },
    { random: () => 0.5, ...parts },
  )
  await redis.settled(5_000)
  return redis
}
