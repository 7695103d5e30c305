import connect from 'connect'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { serve as serveHono } from '@hono/node-server'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ClientOptions } from '../../../sdk/index.ts'
import { createAuthorizer as forConnect } from '../../../sdk/connect.ts'
import { createAuthorizer as forExpress } from '../../../sdk/express.ts'
import { createAuthorizer as forFastify } from '../../../sdk/fastify.ts'
import { createAuthorizer as forHono, type Decision } from '../../../sdk/hono.ts'
import type { ServerCertificate } from '../../support/server-certificate.ts'

// The same service in every framework: GET and DELETE of /v1/orders/ID, guarded, answers whom it knows as its caller.

export interface Given extends Omit<ClientOptions, 'obligations'> {
  readonly origin: string
  readonly headers?: readonly string[]
  readonly trustProxy?: boolean
  /** Told of every obligation that was performed. */
  readonly performed?: (type: string) => void
  readonly tls?: ServerCertificate & { readonly ca: string }
}

export interface Service {
  readonly port: number
  close(): Promise<void>
}

export interface Framework {
  readonly name: string
  /** Whether it sees the certificate of a TLS connection. */
  readonly tls: boolean
  start(given: Given): Promise<Service>
}

const actions: Readonly<Record<string, string>> = { GET: 'read', DELETE: 'delete' }
const actionOf = (method: string | undefined) => actions[method ?? ''] ?? ''
const orderOf = (path: string | undefined) => `order/${(path ?? '').split('/').at(-1)}`
const answer = (decision: Decision | null | undefined) => ({ caller: decision?.subject?.id, decision: decision?.id })

const optionsOf = ({ performed, tls: _, ...given }: Given) => ({
  ...given,
  ...(performed && { obligations: { mask_fields: ({ type }: { readonly type: string }) => performed(type) } }),
})

async function listening(server: Server): Promise<Service> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const { port } = server.address() as AddressInfo // it listens on TCP
  const close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { port, close }
}

const serverOf = (listener: RequestListener, tls: Given['tls']) =>
  tls ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, listener) : createServer(listener)

export const frameworks: readonly Framework[] = [
  {
    name: 'connect',
    tls: true,
    start(given) {
      const authorize = forConnect(optionsOf(given))
      const app = connect()
      app.use(authorize({ action: (req) => actionOf(req.method), resource: (req) => orderOf(req.url) }))
      app.use((req: IncomingMessage & { decision?: Decision }, response: ServerResponse) =>
        response.end(JSON.stringify(answer(req.decision))),
      )
      return listening(serverOf(app, given.tls))
    },
  },
  {
    name: 'express',
    tls: true,
    start(given) {
      const authorize = forExpress(optionsOf(given))
      const app = express()
      app.all(
        '/v1/orders/:id',
        authorize({ action: (req) => actionOf(req.method), resource: (req) => `order/${String(req.params['id'])}` }),
        (req, response) => void response.json(answer(req.decision)),
      )
      return listening(serverOf(app, given.tls))
    },
  },
  {
    name: 'fastify',
    tls: true,
    async start(given) {
      const authorize = forFastify(optionsOf(given))
      const app = Fastify({ serverFactory: (handler) => serverOf(handler, given.tls) })
      await app.register(async (scope) => {
        scope.addHook(
          'preHandler',
          authorize({ action: (req) => actionOf(req.raw.method), resource: (req) => orderOf(req.originalUrl) }),
        )
        scope.all('/v1/orders/:id', async (req) => answer((req as { decision?: Decision }).decision))
      })
      await app.ready()
      return listening(app.server)
    },
  },
  {
    name: 'hono',
    tls: false,
    start(given) {
      const authorize = forHono(optionsOf(given))
      const app = new Hono<{ Variables: { decision: Decision } }>()
      app.all(
        '/v1/orders/:id',
        authorize({ action: (c) => actionOf(c.req.method), resource: (c) => `order/${c.req.param('id')}` }),
        (c) => c.json(answer(c.get('decision'))),
      )
      return listening(serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server)
    },
  },
]
