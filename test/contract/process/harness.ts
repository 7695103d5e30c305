import { type Client, Metadata } from '@grpc/grpc-js'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { Agent, request, type RequestOptions } from 'node:http'
import { request as requestTls, type RequestOptions as TlsOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { sha256 } from '../../../pdp/core/digest.ts'
import { instant } from '../../../pdp/core/time.ts'
import { exampleBundle } from '../../support/bundles.ts'
import { compileCache } from '../../support/compile-cache.ts'
import { bearer, svid, svidKey, trustDomain } from '../../support/world.ts'

const program = fileURLToPath(new URL('../../../pdp/main.ts', import.meta.url))

/** A folder with everything that a configuration names, and the key of its enforcement point. */
export interface Site {
  readonly folder: string
  readonly key: string
  file(name: string, content: string | Uint8Array): Promise<string>
  /** Writes sallyport.yaml: the usual configuration with these sections in place of its own. */
  configure(sections?: Readonly<Record<string, unknown>>): Promise<void>
  remove(): Promise<void>
}

export const usual = {
  services: { orders: { audiences: ['https://orders.example.org'], environment: 'production', peps: ['gateway'] } },
  peps: { gateway: { bearer: 'file:gateway.key' } },
  trust: [
    {
      spiffe: trustDomain,
      from: 'file:bundle.json',
      environment: 'production',
      path: '/ns/{namespace}/sa/{service_account}',
    },
  ],
  bundles: { orders: { file: 'orders.tar.gz', unsigned: true } },
  listen: { decisions: '127.0.0.1:0', health: '127.0.0.1:0' },
}

export async function createSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-process-'))
  const file = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }
  const key = `sp_pep_${randomBytes(32).toString('base64url')}`
  await file('gateway.key', `sha256:${sha256(key)}\n`)
  await file('bundle.json', JSON.stringify({ keys: [svidKey.jwk] }))
  await file('orders.tar.gz', await exampleBundle('orders'))
  const configure = async (sections = {}) => {
    await file('sallyport.yaml', stringify({ ...usual, ...sections }))
  }
  await configure()
  return { folder, key, file, configure, remove: () => rm(folder, { recursive: true }) }
}

/** A real process. */
export interface Run {
  readonly child: ChildProcess
  /** What it said on stderr so far. */
  said(): string
  /** Waits until it says something that matches; answers the match. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Waits for its end; answers exit code or signal. */
  ended(): Promise<number | string>
}

/**
 * Starts the program, which tells its lines as on a terminal unless `environment` says otherwise. `within`: a command that runs
 * what follows it, in the same process, somewhere else.
 */
export function run(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): Run {
  const { PATH = '' } = process.env
  const [command = process.execPath, ...before] = [...within, process.execPath, program, ...args]
  const isDemo = args.includes('--demo') // which takes no settings from the environment
  const env = { PATH, ...compileCache, ...(!isDemo && { SALLYPORT_LOG__FORMAT: 'text' }), ...environment }
  const child = spawn(command, before, { cwd, env, stdio: 'pipe' })
  let text = ''
  const listeners = new Set<() => void>()
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    for (const listener of listeners) listener()
  })
  child.stdout.resume()
  const end = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string) // one of them is there
  return {
    child,
    said: () => text,
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text)
          if (match) resolve(match)
        }
        listeners.add(look)
        void end.then((code) => reject(new Error(`ended with ${code} before saying ${pattern}: ${text}`)))
        look()
      }),
    ended: () => end,
  }
}

/** A process that serves, with where it does. */
export interface Serving extends Run {
  readonly decisions: string
  readonly health: string
  readonly admin: string
}

export async function serve(
  site: Site,
  environment: Readonly<Record<string, string>> = {},
  within: readonly string[] = [],
): Promise<Serving> {
  const started = run(['start'], site.folder, environment, within)
  const [, decisions = '', health = '', admin = ''] = await started.says(
    /listening: decisions (\S+) · health (\S+) · administration (\S+)(?: · .*)?\n/,
  )
  return { ...started, decisions, health, admin }
}

/** Stops what still runs; for the end of a test. */
export async function stop(running: Run): Promise<void> {
  if (running.child.exitCode === null && running.child.signalCode === null) running.child.kill('SIGKILL')
  await running.ended()
}

export interface Reply {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** One HTTP request, over `agent` if there is one, to a URL or a Unix socket. */
export function send(
  where: string,
  path: string,
  { body, agent, ...options }: RequestOptions & TlsOptions & { readonly body?: string } = {},
): Promise<Reply> {
  const target: RequestOptions = where.startsWith('unix:')
    ? { socketPath: where.slice('unix:'.length) }
    : { host: new URL(where).hostname, port: new URL(where).port }
  return new Promise((resolve, reject) => {
    const make = where.startsWith('https:') ? requestTls : request
    const outgoing = make({ ...target, path, ...(agent && { agent }), ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }))
      response.on('error', reject)
    })
    outgoing.on('error', (error) => reject(Object.assign(error, { onNewConnection: !outgoing.reusedSocket })))
    outgoing.end(body)
  })
}

/** Asks whether the checkout workload may read order 42: an allow under the usual configuration. */
export const ask = (where: string, key: string | undefined, agent?: Agent, tls: TlsOptions = {}): Promise<Reply> =>
  send(where, '/authorize/orders', {
    method: 'POST',
    ...tls,
    ...(agent && { agent }),
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), 'content-type': 'application/json' },
    body: JSON.stringify({
      request: {
        method: 'GET',
        url: 'https://orders.example.org/v1/orders/42',
        headers: bearer(svid({ now: instant(Date.now()) })),
      },
      action: { name: 'read' },
      resource: { type: 'order', id: '42' },
    }),
  })

/** One unary call of gRPC: the bytes of its answer. `key`: of the enforcement point; empty for none. `more`: metadata. */
export function callGrpc(
  client: Client,
  path: string,
  bytes: Buffer,
  key: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(more)) metadata.set(name, value)
  if (key !== '') metadata.set('authorization', `Bearer ${key}`)
  const asIs = (bytes: Buffer) => bytes
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, { deadline: Date.now() + 5_000 }, (error, answer) =>
      error ? reject(error) : resolve(answer ?? Buffer.alloc(0)),
    )
  })
}

/** What one client of a load saw. */
export interface Load {
  readonly allowed: string[]
  readonly failed: string[]
  readonly revisions: Set<string>
  /** Lets every request that is on its way end, and begins no more. */
  end(): Promise<void>
}

/**
 * Asks without pause over `clients` connections. A connection that is refused was never taken, so nothing of it failed:
 * that client ends. Anything else but an allow is a failure. `shared`: of several workers, whose common socket takes a new
 * connection and may find nobody left to hand it to, so that it is reset.
 */
export function load(where: string, key: string, clients: number, { keepAlive = true, shared = false } = {}): Load {
  const allowed: string[] = []
  const failed: string[] = []
  const revisions = new Set<string>()
  let going = true
  const client = async () => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    while (going) {
      try {
        const { status, body } = await ask(where, key, agent)
        const { decision, id, policy } = JSON.parse(body) as {
          decision: string
          id: string
          policy: { revision: string }
        }
        if (status === 200 && decision === 'allow') allowed.push(id)
        else failed.push(`${status} ${body}`)
        revisions.add(policy.revision)
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
        const neverTaken = shared && code === 'ECONNRESET' && isOnNewConnection(error)
        if (code !== 'ECONNREFUSED' && !neverTaken) failed.push(code)
        break
      }
    }
    agent.destroy()
  }
  const all = Promise.all(Array.from({ length: clients }, client))
  return {
    allowed,
    failed,
    revisions,
    async end() {
      going = false
      await all
    },
  }
}

const isOnNewConnection = (error: unknown): boolean =>
  error instanceof Error && 'onNewConnection' in error && error.onNewConnection === true

/** The records of a site's log, parsed. */
export async function records(site: Site): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(join(site.folder, 'state', 'audit', 'records.ndjson'), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>) // lines of our own log
}
