import type { AuthorizerOptions } from './authorizer.ts'
import { createAuthorizer as createForConnect, type NodeContext } from './connect.ts'
import type { Decision } from './decision.ts'
import type { NodeRequest } from './node-request.ts'

export type { Asking, AuthorizerOptions, ConnectMiddleware } from './connect.ts'
export type { Decision }

declare global {
  namespace Express {
    interface Request {
      /** Set where `authorize` let the request through. */
      decision?: Decision
    }
  }
}

/** What of a request of Express `action`, `resource` and `context` may be made of. */
export type ExpressRequest = NodeRequest & {
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly baseUrl: string
  readonly path: string
}

/** As {@link createForConnect}, for Express 4 and 5. */
export const createAuthorizer = (options: AuthorizerOptions<NodeContext<ExpressRequest>>) =>
  createForConnect<ExpressRequest>(options)
