import express, { type Express } from 'express'
import { IncomingMessage, ServerResponse } from 'node:http'
import { clauses } from '../../core/clause.ts'
import type { ProblemCode } from '../../core/codes.ts'
import { problemOf } from '../problem.ts'

export const appClauses = clauses({
  route: 'http-route-known',
  method: 'http-method-allowed',
  target: 'rfc9112-3.2-origin-form',
})

/** The Express application for everything but the hot route, with the constructors that spare it work. */
export interface App {
  readonly IncomingMessage: typeof IncomingMessage
  readonly ServerResponse: typeof ServerResponse
  handle(message: IncomingMessage, response: ServerResponse): void
}

export function createApp(events: { requestRefused(code: ProblemCode): void }): App {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use((request, response) => {
    const refusal = routeRefusal(request.originalUrl)
    events.requestRefused(refusal.code)
    const { status, headers, body } = problemOf(refusal)
    response.writeHead(status, { ...headers, ...refusal.headers, 'content-length': Buffer.byteLength(body) }).end(body)
  })
  return { ...constructorsFor(app), handle: (message, response) => void app(message, response) }
}

function routeRefusal(target: string) {
  if (!target.startsWith('/')) {
    return {
      code: 'REQUEST_MALFORMED',
      clause: appClauses.target,
      detail: 'request target must be a path',
      headers: { connection: 'close' },
    } as const
  }
  return /^\/authorize(?:\/[a-z0-9-]+)?$/.test(target)
    ? ({
        code: 'METHOD_NOT_ALLOWED',
        clause: appClauses.method,
        detail: 'use POST',
        headers: { allow: 'POST' },
      } as const)
    : ({
        code: 'NOT_FOUND',
        clause: appClauses.route,
        detail: 'known here: POST /authorize and POST /authorize/{service}',
        headers: {},
      } as const)
}

/**
 * Constructors whose instances have the prototypes of this application from the beginning. Both of Node's constructors
 * are functions that may be called on an object of another prototype; TypeScript knows them as classes only.
 */
function constructorsFor(app: Express): Pick<App, 'IncomingMessage' | 'ServerResponse'> {
  function AppMessage(this: IncomingMessage, ...args: ConstructorParameters<typeof IncomingMessage>) {
    Reflect.apply(IncomingMessage, this, args)
  }
  function AppResponse(this: ServerResponse, ...args: ConstructorParameters<typeof ServerResponse>) {
    Reflect.apply(ServerResponse, this, args)
  }
  AppMessage.prototype = app.request
  AppResponse.prototype = app.response
  return {
    IncomingMessage: AppMessage as unknown as typeof IncomingMessage,
    ServerResponse: AppResponse as unknown as typeof ServerResponse,
  }
}
