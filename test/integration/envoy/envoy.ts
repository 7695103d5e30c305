import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

// A real Envoy between a client and an upstream of the test's own. What counts is the bytes that either of them received.

export const envoyProgram = fileURLToPath(new URL('../../../build/peers/envoy/envoy/_bin/envoy', import.meta.url))

/** What reached the upstream. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A server behind the proxy: keeps what it received, and answers 200 with `upstream`. */
export interface Upstream {
  readonly port: number
  readonly received: Received[]
  close(): Promise<void>
}

export async function startUpstream(): Promise<Upstream> {
  const received: Received[] = []
  const server = createServer((message, response) => {
    let body = ''
    message.setEncoding('utf8').on('data', (piece: string) => (body += piece))
    message.on('end', () => {
      received.push({ method: message.method ?? '', url: message.url ?? '', headers: message.headers, body })
      response.setHeader('x-upstream', 'yes').end('upstream')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    received,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A value of Envoy's configuration. */
export type Json = Readonly<Record<string, unknown>>

/**
 * What an Envoy is made of; each member takes the place of the usual one.
 *
 * - `filter`: members of the ext_authz filter, for all routes. `perRoute`: what stands for it on the route.
 * - `pdpCluster`: members of the cluster of the decision point. `overHttp`: it is asked over HTTP/1.1.
 */
export interface EnvoyGiven {
  /** `127.0.0.1:PORT`, or `unix:PATH`; several for several of it. */
  readonly pdp: string | readonly string[]
  readonly upstreamPort: number
  readonly filter?: Json
  readonly checkSettings?: Json
  readonly perRoute?: Json
  readonly pdpCluster?: Json
  readonly upstreamCluster?: Json
  readonly overHttp?: boolean
  readonly connectionManager?: Json
  /** A transport socket of the listener, for TLS towards the client. */
  readonly downstream?: Json
  /** Ahead of the ext_authz filter. */
  readonly filtersBefore?: readonly Json[]
  /** Between the ext_authz filter and the router. */
  readonly filtersAfter?: readonly Json[]
  readonly route?: Json
}

export interface Envoy {
  readonly port: number
  /** Where its counters are. */
  readonly admin: string
  /** Lines of the access log so far: status, flags and what the decision point said, as JSON. */
  accessLog(): Promise<readonly Json[]>
  close(): Promise<void>
}

const address = (where: string): Json =>
  where.startsWith('unix:')
    ? { pipe: { path: where.slice('unix:'.length) } }
    : { socket_address: { address: '127.0.0.1', port_value: Number(where.split(':').at(-1)) } }

const cluster = (name: string, where: string | readonly string[], more: Json = {}): Json => ({
  name,
  type: 'STATIC',
  connect_timeout: '1s',
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [where].flat().map((each) => ({ endpoint: { address: address(each) } })) }],
  },
  ...more,
})

const http2 = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: { max_outbound_control_frames: 100_000 } },
    },
  },
}

/** The filter as the documentation recommends it. */
const recommendedFilter: Json = {
  '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
  grpc_service: { envoy_grpc: { cluster_name: 'pdp' }, timeout: '1s' },
  transport_api_version: 'V3',
  failure_mode_allow: false,
  include_peer_certificate: true,
  validate_mutations: true,
}

function configOf(given: EnvoyGiven, accessLog: string): Json {
  const settings = given.perRoute ?? (given.checkSettings && { check_settings: given.checkSettings })
  const perRoute = settings && {
    typed_per_filter_config: {
      'envoy.filters.http.ext_authz': {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute',
        ...settings,
      },
    },
  }
  const fromPdp = (name: string) => `%DYNAMIC_METADATA(envoy.filters.http.ext_authz:${name})%`
  const manager: Json = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'ingress',
    codec_type: 'AUTO',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [{ match: { prefix: '' }, route: { cluster: 'upstream' }, ...perRoute, ...given.route }],
        },
      ],
    },
    access_log: [
      {
        name: 'envoy.access_loggers.file',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
          path: accessLog,
          log_format: {
            json_format: {
              path: '%REQ(:PATH)%',
              status: '%RESPONSE_CODE%',
              flags: '%RESPONSE_FLAGS%',
              decision_id: fromPdp('decision_id'),
              decision: fromPdp('decision'),
              code: fromPdp('code'),
              subject: fromPdp('subject'),
              revision: fromPdp('policy:revision'),
              assurance: fromPdp('assurance_level'),
              dry_run: fromPdp('dry_run'),
            },
          },
        },
      },
    ],
    http_filters: [
      ...(given.filtersBefore ?? []),
      { name: 'envoy.filters.http.ext_authz', typed_config: { ...recommendedFilter, ...given.filter } },
      ...(given.filtersAfter ?? []),
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
    ...given.connectionManager,
  }
  return {
    admin: { address: address('127.0.0.1:0') },
    static_resources: {
      listeners: [
        {
          name: 'ingress',
          address: address('127.0.0.1:0'),
          filter_chains: [
            {
              filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }],
              ...(given.downstream && { transport_socket: given.downstream }),
            },
          ],
        },
      ],
      clusters: [
        cluster('upstream', `127.0.0.1:${given.upstreamPort}`, given.upstreamCluster),
        cluster('pdp', given.pdp, { ...(!given.overHttp && http2), ...given.pdpCluster }),
      ],
    },
  }
}

/** Starts an Envoy on a free port of loopback and waits until it serves. Throws what it said where it does not. */
export const startEnvoy = (given: EnvoyGiven): Promise<Envoy> =>
  startEnvoyWith((accessLog) => JSON.stringify(configOf(given, accessLog)))

/** The same with a configuration of its own, as JSON or YAML. */
export async function startEnvoyWith(configure: (accessLog: string) => string): Promise<Envoy> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-envoy-'))
  const file = (name: string) => join(folder, name)
  await writeFile(file('envoy.yaml'), configure(file('access.log'))) // YAML takes JSON
  await writeFile(file('access.log'), '')
  const args = ['--config-path', file('envoy.yaml'), '--disable-hot-restart', '--concurrency', '1']
  const more = ['--admin-address-path', file('admin'), '--log-level', 'warning']
  const child = spawn(envoyProgram, [...args, ...more], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said += piece))
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(folder, { recursive: true })
  }
  const { port, admin } = await placeOf(file('admin'), () => child.exitCode !== null).catch(async () => {
    await close()
    throw new Error(`Envoy did not start: ${said}`)
  })
  return {
    port,
    admin,
    async accessLog() {
      const lines = (await readFile(file('access.log'), 'utf8')).split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as Json)
    },
    close,
  }
}

interface Listeners {
  readonly listener_statuses: readonly {
    readonly local_address: { readonly socket_address: { readonly port_value: number } }
  }[]
}

async function placeOf(adminFile: string, ended: () => boolean): Promise<Pick<Envoy, 'port' | 'admin'>> {
  for (let tries = 0; tries < 600 && !ended(); tries++) {
    await delay(50)
    const admin = await readFile(adminFile, 'utf8').catch(() => '')
    if (admin === '') continue
    const ready = await fetch(`http://${admin}/ready`).catch(() => undefined)
    if (ready?.status !== 200) continue
    const listeners = (await (await fetch(`http://${admin}/listeners?format=json`)).json()) as Listeners
    const port = listeners.listener_statuses[0]?.local_address.socket_address.port_value
    if (port) return { port, admin: `http://${admin}` }
  }
  throw new Error('not ready')
}
