import { lookup } from 'node:dns/promises'
import { Agent as HttpAgent, type ClientRequest, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { type Seconds, seconds } from '../core/time.ts'
import { faultOfError } from './fault-of-error.ts'
import { type FetchResult, fetchFault } from './fetched.ts'
import { guardLookup, type Resolve } from './guard-lookup.ts'
import { onHandshake } from './on-handshake.ts'
import { readTarget, type Target } from './read-target.ts'
import { type Acceptable, checkHead, receiveBody } from './receive-body.ts'
import { type Schedule, timerSchedule } from './schedule.ts'

/**
 * - `privateOrigins`: origins such as `https://login.internal:8443` that may be at a private or loopback address, and
 *   `http` origins at a loopback address. Anything else is `https` at a public address.
 * - `ca`: PEM certificates of the authorities to trust, in place of those that come with Node.
 * - `authenticate`: says by the certificates of the other side, in DER and the leaf first, whether it is who should answer,
 *   in place of authorities and of the host name. Nothing is sent before it said yes.
 * - `certificate`: shown where the other side asks for one; both in PEM.
 * - `timeout`: for everything together, from the lookup to the last byte; 5 s by default.
 * - `maximumBytes`: of a body; 512 KiB by default.
 */
export interface FetchOptions {
  readonly privateOrigins?: readonly string[]
  readonly ca?: string
  readonly authenticate?: (chain: readonly Buffer[]) => boolean
  readonly certificate?: { readonly cert: string; readonly key: string }
  readonly timeout?: Seconds
  readonly maximumBytes?: number
  readonly resolve?: Resolve
  readonly schedule?: Schedule
}

/**
 * What is taken as an answer, and the signal that gives the request up. Statuses are 200 alone by default; a redirect
 * that is among them is answered like the others, and not followed. `any` takes every media type, and none, from a receiver
 * whose body says nothing. Absent `send` is a GET, with `headers` in lower case.
 */
export interface FetchRequest {
  readonly mediaTypes: readonly string[] | 'any'
  readonly statuses?: readonly number[]
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  readonly send?: SentBody
}

/** What is sent: a body, and headers in lower case, with its `content-type` among them. */
export interface SentBody {
  readonly method: 'POST' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Asks one configured URL. Never throws and never rejects: whatever goes wrong is a fault. Follows nothing. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResult>

const resolveByDns: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * Makes the guarded client. Its addresses are judged as it connects. It keeps no connection and no TLS session, reads
 * neither proxy nor credentials from the environment, and does not turn off certificate checks because that says so.
 */
export function createFetch({
  privateOrigins = [],
  ca,
  authenticate,
  certificate,
  timeout = seconds(5),
  maximumBytes = 512 * 1024,
  resolve = resolveByDns,
  schedule = timerSchedule,
}: FetchOptions = {}): Fetch {
  const origins = new Set(privateOrigins)
  const http = new HttpAgent({ keepAlive: false })
  const https = new HttpsAgent({
    keepAlive: false,
    maxCachedSessions: 0, // a resumed session would not check the certificate again
    minVersion: 'TLSv1.2',
    rejectUnauthorized: authenticate === undefined, // said here, so that NODE_TLS_REJECT_UNAUTHORIZED has no say
    ...certificate,
    ...(ca !== undefined && { ca: [ca] }), // in a list: an empty text alone would mean those that come with Node
  })

  const open = ({ url, host, port, mayReach }: Target, { mediaTypes, headers, send }: FetchRequest): ClientRequest => {
    const options = {
      method: send?.method ?? 'GET',
      host,
      port,
      path: url.pathname + url.search,
      headers: {
        ...(mediaTypes !== 'any' && { accept: mediaTypes.join(', ') }),
        'accept-encoding': 'identity',
        'user-agent': 'sallyport',
        ...headers,
        ...send?.headers,
        ...(send && { 'content-length': send.body.length }),
      },
      lookup: guardLookup(resolve, mayReach),
      maxHeaderSize: 16_384,
      insecureHTTPParser: false,
    }
    return url.protocol === 'https:'
      ? requestHttps({ ...options, agent: https })
      : requestHttp({ ...options, agent: http })
  }

  return async (text, wanted) => {
    const { mediaTypes, statuses = [200], signal, send } = wanted
    const target = readTarget(text, origins)
    if (!target.ok) return target
    if (signal?.aborted) return cancelled()
    const acceptable: Acceptable = { statuses, mediaTypes, maximumBytes }
    return new Promise((settle) => {
      let request: ClientRequest
      try {
        request = open(target.value, wanted)
      } catch {
        settle(fetchFault('protocol', 'request cannot be written as HTTP'))
        return
      }
      const done = (result: FetchResult): void => {
        cancelTimer()
        signal?.removeEventListener('abort', abort)
        settle(result) // counts once; later calls are without effect
        request.destroy()
      }
      const abort = () => done(cancelled())
      const cancelTimer = schedule(timeout, () => done(fetchFault('timeout', `not complete within ${timeout} s`)))
      signal?.addEventListener('abort', abort)
      request.on('error', (error) => done(faultOfError(error)))
      request.on('response', (response) => {
        response.on('error', (error) => done(faultOfError(error)))
        const fault = checkHead(response, acceptable)
        if (fault) done(fault)
        else receiveBody(response, acceptable, done)
      })
      const sendIt = () => request.end(send?.body)
      if (authenticate === undefined) sendIt()
      else
        onHandshake(request, (chain) =>
          authenticate(chain) ? sendIt() : done(fetchFault('tls', 'certificate is not of who should answer')),
        )
    })
  }
}

const cancelled = () => fetchFault('cancelled', 'given up before it was complete')
