import type { ServerResponse } from 'node:http'
import { type Asking, type AuthorizerOptions, createAuthorizerCore } from './authorizer.ts'
import type { Decision } from './decision.ts'
import { answerNode, fromNode, type NodeRequest } from './node-request.ts'

export type { Asking, AuthorizerOptions, Decision }

/** What obligations are performed on. */
export interface NodeContext<Req extends NodeRequest = NodeRequest> {
  readonly request: Req
  readonly response: ServerResponse
}

/** Middleware of `connect`, or of Node's server with any router that calls `next`. */
export type ConnectMiddleware<Req extends NodeRequest> = (
  request: Req,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Makes `authorize`, which makes middleware: an allow goes on with `request.decision` set, a deny is answered as the
 * decision point says.
 */
export function createAuthorizer<Req extends NodeRequest = NodeRequest>(
  options: AuthorizerOptions<NodeContext<Req>>,
): (asking: Asking<Req>) => ConnectMiddleware<Req & { decision?: Decision }> {
  const { decide } = createAuthorizerCore(options)
  return (asking) => (request, response, next) => {
    const target = request.originalUrl ?? request.url ?? ''
    decide(fromNode<Req, NodeContext<Req>>(request, target, request, { request, response }), asking)
      .then((decision) => {
        request.decision = decision
        return answerNode(response, decision)
      })
      .then((goesOn) => {
        if (goesOn) next()
      }, next)
  }
}
