import { type CallerHeadersOptions, callerHeaderNames } from './caller-headers.ts'
import { type Client, type ClientOptions, createClient } from './client.ts'
import type { Decision } from './decision.ts'
import { failed, type FailureCode } from './failure.ts'
import type { CallerRequest, JsonObject, Obligation, Question } from './wire.ts'

/** `T`, or how to make it of a request. */
export type From<Req, T> = T | ((request: Req) => T | Promise<T>)

/**
 * Performs an obligation before the request goes on. If it throws, the request does not go on. `Context` is what the
 * framework hands to its handlers.
 */
export type ObligationHandler<Context> = (obligation: Obligation, context: Context) => void | Promise<void>

/**
 * - `origin`: of this service as its callers know it, `https://orders.example.org`; never taken from a request.
 * - `client`: one that exists already, instead of its options. It must know the types of `obligations`.
 * - `obligations`: how to perform each type that policy may ask for.
 */
export interface AuthorizerOptions<Context> extends Omit<ClientOptions, 'obligations'>, CallerHeadersOptions {
  readonly origin: string
  readonly obligations?: Readonly<Record<string, ObligationHandler<Context>>>
}

/**
 * What to ask of a request. Without `action` and `resource` policy judges by the request alone.
 *
 * - `action`: its name, or the whole. `resource`: `type/id`, or the whole.
 * - `context`: what this service adds; policy sees it as claimed, not as proved.
 */
export interface Asking<Req> {
  readonly action?: From<Req, string | Question['action']>
  readonly resource?: From<Req, string | Question['resource']>
  readonly context?: From<Req, JsonObject>
  readonly fresh?: boolean
}

/** A request as it came: the target as received, and how to read its headers. */
export interface Incoming<Req, Context> {
  readonly request: Req
  readonly context: Context
  readonly method: string
  readonly target: string
  readonly certificate?: string | undefined
  /** The address at the other end of the connection. */
  readonly address?: string | undefined
  /** Every value of a header, in order; empty if there is none. */
  values(name: string): readonly string[]
}

/** Decides on requests, whatever the framework. */
export interface Authorizer<Context> {
  /** Never throws. An allow has had its obligations performed. */
  decide<Req>(incoming: Incoming<Req, Context>, asking: Asking<Req>): Promise<Decision>
}

export function createAuthorizerCore<Context>(options: AuthorizerOptions<Context>): Authorizer<Context> {
  const { origin, obligations: handlers = {}, headers, trustProxy, ...ofClient } = options
  const names = callerHeaderNames({ ...(headers && { headers }), ...(trustProxy !== undefined && { trustProxy }) })
  const base = originOf(origin)
  const performs = new Map(Object.entries(handlers))
  const client: Client = createClient({ ...ofClient, obligations: [...performs.keys()] })

  async function perform(decision: Decision, context: Context): Promise<boolean> {
    try {
      for (const obligation of decision.obligations) {
        const handler = performs.get(obligation.type)
        if (!handler) return false
        await handler(obligation, context)
      }
      return true
    } catch {
      return false
    }
  }

  return {
    async decide(incoming, asking) {
      const deny = (code: FailureCode) => failed(code, {})
      if (!incoming.target.startsWith('/')) return deny('REQUEST_UNUSABLE')
      const question = await questionOf(incoming.request, asking).catch(() => undefined)
      if (!question) return deny('QUESTION_FAILED')
      const request = requestOf(incoming, base, names, trustProxy === true)
      const decision = await client.authorize({ request, ...question }, asking.fresh === true ? { fresh: true } : {})
      if (decision.decision !== 'allow') return decision
      return (await perform(decision, incoming.context)) ? decision : deny('OBLIGATION_FAILED')
    },
  }
}

function requestOf<Req, Context>(
  { method, target, certificate, address, values }: Incoming<Req, Context>,
  base: string,
  names: ReadonlySet<string>,
  behindProxy: boolean,
): CallerRequest {
  const headers: Record<string, string | readonly string[]> = {}
  for (const name of names) {
    const [first, ...more] = values(name)
    if (first !== undefined) headers[name] = more.length === 0 ? first : [first, ...more]
  }
  return {
    method,
    url: base + target,
    headers,
    ...(certificate !== undefined && { certificate }),
    ...(address !== undefined && !behindProxy && { source_address: address }), // else it is the proxy's
  }
}

async function questionOf<Req>(request: Req, { action, resource, context }: Asking<Req>) {
  const made = {
    action: action === undefined ? undefined : actionOf(await make(action, request)),
    resource: resource === undefined ? undefined : resourceOf(await make(resource, request)),
    context: context === undefined ? undefined : await make(context, request),
  }
  return {
    ...(made.action && { action: made.action }),
    ...(made.resource && { resource: made.resource }),
    ...(made.context && { context: made.context }),
  }
}

const make = async <Req, T>(from: From<Req, T>, request: Req): Promise<T> =>
  typeof from === 'function' ? (from as (request: Req) => T | Promise<T>)(request) : from // no T here is a function

function actionOf(given: string | Question['action']): Question['action'] {
  const action = typeof given === 'string' ? { name: given } : given
  if (!isSomeText(action.name)) throw new TypeError('an action has a name')
  return action
}

function resourceOf(given: string | Question['resource']): Question['resource'] {
  const slash = typeof given === 'string' ? given.indexOf('/') : -1
  const resource = typeof given === 'string' ? { type: given.slice(0, slash), id: given.slice(slash + 1) } : given
  if (!isSomeText(resource.type) || !isSomeText(resource.id) || slash === 0)
    throw new TypeError('a resource is type/id')
  return resource
}

const isSomeText = (value: unknown): boolean => typeof value === 'string' && value !== ''

function originOf(text: string): string {
  const { origin, href } = new URL(text)
  if (`${origin}/` !== href || origin === 'null') throw new TypeError('origin is scheme, host and port alone')
  return origin
}
