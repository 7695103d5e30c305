import { type Asking, type AuthorizerOptions, createAuthorizerCore } from './authorizer.ts'
import type { Decision } from './decision.ts'
import { denyBody, denyType } from './deny-body.ts'

export type { Asking, AuthorizerOptions, Decision }

/** What of a context of Hono is used. */
export interface HonoContext {
  readonly req: {
    readonly raw: Request
    readonly url: string
    readonly method: string
    param(name: string): string | undefined
  }
  set(name: 'decision', decision: Decision): void
  header(name: string, value: string): void
}

/**
 * Makes `authorize`, which makes middleware for Hono, on every runtime that has `fetch`. An allow goes on with
 * `c.get('decision')` set; a deny is answered as the decision point says. Certificates of TLS are not seen here.
 */
export function createAuthorizer(options: AuthorizerOptions<HonoContext>) {
  const { decide } = createAuthorizerCore(options)
  return <C extends HonoContext>(asking: Asking<C>) =>
    async (context: C, next: () => Promise<void>): Promise<Response | undefined> => {
      const { raw, url, method } = context.req
      const values = (name: string) => {
        const value = raw.headers.get(name) // several are one here, and no evidence is a list: they are refused
        return value === null ? [] : [value]
      }
      const target = url.slice(url.indexOf('/', url.indexOf('//') + 2))
      const decision = await decide({ request: context, context, method, target, values }, asking)
      const { status, headers } = decision.respond
      if (decision.decision !== 'allow') {
        return new Response(denyBody(decision), { status, headers: { ...headers, 'content-type': denyType } })
      }
      context.set('decision', decision)
      for (const [name, value] of Object.entries(headers)) context.header(name, value)
      await next()
      return undefined
    }
}
