import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { ProblemCode } from '../core/codes.ts'
import { rowOf } from '../core/codes.ts'
import type { Refusal } from '../core/result.ts'
import { findOperator, localOperator, type Operator, type Role } from './operators.ts'
import { readBody } from './read-body.ts'

/** One thing an operator can ask for. A `path` that ends with a slash is of all below it. `role` absent: any operator may. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly role?: Role
  handle(request: AdminRequest): Promise<AdminReply>
}

/** `body` is the JSON of a POST; undefined for other methods. */
export interface AdminRequest {
  readonly operator: Operator
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
}

/** `body` is sent as JSON, `file` as it is; without a file there is no such resource. A refusal becomes a problem. */
export type AdminReply =
  | { readonly status: number; readonly body: unknown }
  | { readonly file: AdminFile | undefined }
  | { readonly refusal: Refusal }

/** `lasting`: it never changes, so that it may be kept. */
export interface AdminFile {
  readonly type: string
  readonly lasting: boolean
  readonly bytes: Uint8Array
}

/**
 * - `operators`: who may operate over TCP, asked at each request; absent on a Unix socket, whose mode decides.
 * - `hosts`: names that a `Host` header may give over TCP, without port: a page in a browser that was led here by a name
 *   of its own gives another one.
 */
export interface AdminServerParts {
  readonly routes: readonly AdminRoute[]
  readonly operators?: () => readonly Operator[]
  readonly hosts?: readonly string[]
  readonly tls?: () => SecureContextOptions
}

const limits = { maxHeaderSize: 16_384, headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000 }
const maximumConnections = 64

/** Makes the server of administration; it does not listen yet. Enforcement points have no place here, nor their keys. */
export function createAdminServer(parts: AdminServerParts): Server | TlsServer {
  const listener: RequestListener = (request, response) => {
    answerTo(request, parts).then(
      (reply) => send(response, reply),
      () => send(response, { status: 500, body: { title: 'internal fault', status: 500 }, problem: true }),
    )
  }
  const { tls } = parts
  const server = tls
    ? createTlsServer({ ...limits, ...tls(), minVersion: 'TLSv1.2' }, listener)
    : createServer(limits, listener)
  server.maxConnections = maximumConnections
  return server
}

type Reply = AdminReply & {
  readonly problem?: true
  readonly headers?: Readonly<Record<string, string>>
}

async function answerTo(request: IncomingMessage, { routes, operators, hosts = [] }: AdminServerParts): Promise<Reply> {
  request.on('error', () => undefined) // a caller that goes away
  const overTcp = operators !== undefined
  if (overTcp && !isHost(request, hosts)) return problem('REQUEST_MALFORMED', 'the Host header must name this listener')
  const operator = overTcp ? findOperator(operators(), authorizationOf(request)) : localOperator
  if (!operator)
    return problem('PEP_UNAUTHENTICATED', 'present the key of an operator', {
      'www-authenticate': 'Bearer realm="sallyport administration"',
    })
  const [target = '', ...more] = (request.url ?? '').split('?')
  const query = new URLSearchParams(more.join('?'))
  const ofPath = routes.filter(({ path }) => path === target || (path.endsWith('/') && target.startsWith(path)))
  if (ofPath.length === 0) return problem('NOT_FOUND', 'no such resource here')
  const route = ofPath.find(({ method }) => method === request.method)
  if (!route) {
    return problem('METHOD_NOT_ALLOWED', 'method is not allowed here', {
      allow: ofPath.map(({ method }) => method).join(', '),
    })
  }
  if (route.role !== undefined && !operator.roles.includes(route.role))
    return problem('PEP_REFUSED', `this needs the role \`${route.role}\``)
  if (route.method !== 'POST') return route.handle({ operator, path: target, query, body: undefined })
  // a form in a browser can send anything but this type without asking first
  if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    return problem('MEDIA_TYPE_UNSUPPORTED', 'must be application/json')
  const body = await readBody(request)
  if (!body.ok) return problem(body.code === 'BODY_TOO_LARGE' ? body.code : 'REQUEST_MALFORMED', body.detail)
  return route.handle({ operator, path: target, query, body: body.value })
}

/** The one `Authorization` header; Node would take the first of several. */
function authorizationOf({ headersDistinct }: IncomingMessage): string | undefined {
  const values = headersDistinct['authorization']
  return values?.length === 1 ? values[0] : undefined
}

function isHost({ headersDistinct }: IncomingMessage, hosts: readonly string[]): boolean {
  const values = headersDistinct['host']
  const host = values?.length === 1 ? values[0] : undefined
  return host !== undefined && hosts.includes(host.replace(/:[0-9]+$/, '').toLowerCase())
}

function problem(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const { http: status } = rowOf(code)
  const type = `urn:sallyport:problem:${code}`
  return {
    status,
    body: { type, title: titles[code] ?? rowOf(code).say, status, code, detail },
    problem: true,
    headers,
  }
}

/** Where the public text of a code speaks of enforcement points. */
const titles: Partial<Record<ProblemCode, string>> = {
  PEP_UNAUTHENTICATED: 'authenticate as an operator',
  PEP_REFUSED: 'this operator may not do that',
  SHED: 'not now',
}

function send(response: ServerResponse, reply: Reply): void {
  if ('file' in reply)
    return reply.file
      ? sendFile(response, reply.file)
      : send(response, problem('NOT_FOUND', 'the log has no such file'))
  if ('refusal' in reply) return send(response, problem(reply.refusal.code as ProblemCode, reply.refusal.detail)) // of a route here
  const { status, body, problem: isProblem, headers = {} } = reply
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'content-type': isProblem ? 'application/problem+json' : 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(text)
}

function sendFile(response: ServerResponse, { type, lasting, bytes }: AdminFile): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': lasting ? 'private, max-age=31536000, immutable' : 'no-store',
  })
  response.end(bytes)
}
