import type { IncomingMessage } from 'node:http'
import { type Asking, type AuthorizerOptions, createAuthorizerCore } from './authorizer.ts'
import type { Decision } from './decision.ts'
import { denyBody, denyType } from './deny-body.ts'
import { fromNode } from './node-request.ts'

export type { Asking, AuthorizerOptions, Decision }

/** What of a request of Fastify is read. */
export interface FastifyRequest {
  readonly raw: IncomingMessage
  readonly originalUrl: string
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  decision?: Decision | null
}

/** What of a reply of Fastify is used. */
export interface FastifyReply {
  code(status: number): FastifyReply
  header(name: string, value: string): FastifyReply
  send(payload: string): FastifyReply
}

/** What obligations are performed on. */
export interface FastifyContext {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * Makes `authorize`, which makes a hook: `preHandler` of a route, or `addHook('preHandler', …)` of a scope, for every route
 * in it. An allow goes on with `request.decision` set; a deny is answered as the decision point says.
 */
export function createAuthorizer(options: AuthorizerOptions<FastifyContext>) {
  const { decide } = createAuthorizerCore(options)
  return <Req extends FastifyRequest>(asking: Asking<Req>) =>
    async (request: Req, reply: FastifyReply): Promise<FastifyReply | undefined> => {
      const decision = await decide(fromNode(request.raw, request.originalUrl, request, { request, reply }), asking)
      request.decision = decision
      for (const [name, value] of Object.entries(decision.respond.headers)) reply.header(name, value)
      if (decision.decision === 'allow') return undefined
      return reply.code(decision.respond.status).header('content-type', denyType).send(denyBody(decision))
    }
}
