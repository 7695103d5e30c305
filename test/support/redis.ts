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

async function start(
  program: string,
  settings: readonly string[],
  configuration?: (port: number) => string,
): Promise<RedisServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-redis-'))
  const file = join(folder, 'redis.conf')
  if (configuration) await writeFile(file, configuration(port))
  const args = configuration ? [file] : ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings]
  const cli = async (...command: readonly string[]) =>
    (await run('redis-cli', ['-h', '127.0.0.1', '-p', String(port), ...command])).stdout.trim()
  let child: ChildProcess

  async function begin(): Promise<void> {
    child = spawn(program, args, { stdio: 'ignore' })
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`${program} cannot be started: apt-get install redis-server redis-sentinel (${String(error)})`)
    })
    for (let attempt = 0; ; attempt++) {
      const answer = await Promise.race([cli('ping').catch(() => ''), failed])
      if (answer.includes('PONG') || answer.includes('NOAUTH')) return
      if (attempt > 400) throw new Error(`${program} does not answer`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const end = once(child, 'exit')
    child.kill('SIGKILL')
    await end
  }

  await begin()
  return {
    port,
    pid: () => child.pid ?? 0,
    cli,
    signal: (signal) => void child.kill(signal),
    kill,
    restart: begin,
    async remove() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
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
