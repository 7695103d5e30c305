import { type Asked, createBatching } from './batch.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import type { Decision } from './decision.ts'
import { createDecisionCache, type Moment } from './decision-cache.ts'
import { failed } from './failure.ts'
import { type Fetch, post, type Posted } from './post.ts'
import { readReply } from './read-reply.ts'
import type { Ask, Reply } from './wire.ts'

/**
 * - `url`: of the decision point, `http:` only to this machine: the key and all evidence pass over it.
 * - `service`: the guarded service; may be absent where the decision point guards one.
 * - `key`: the bearer key of this enforcement point, or how to get it where it changes; none where TLS or a socket says who asks.
 * - `fetch`: the runtime's by default; `createNodeFetch` of `@sallyport/sdk/node` goes over a Unix socket
 *   or shows a certificate.
 * - `deadlineMs`: for the whole ask, further attempts included; 1,000 by default.
 * - `attempts`: how often an ask is sent where no answer comes back; 2 by default. All carry one id, so that a proof counts once.
 * - `breaker`: after so many failures in a row (5) asks are denied at once for `pauseMs` (1,000).
 * - `cache`: how many allows are kept for as long as each may be reused; 1,000 by default, 0 for none.
 * - `batch`: asks about an action and a resource that are made in one tick, with the same evidence and context, go out
 *   together as `checks`; each is answered by itself. Not by default, and not with a `signal` of its own.
 * - `obligations`: the types that the one who asks performs. An allow that asks for another is a deny.
 */
export interface ClientOptions {
  readonly url: string
  readonly service?: string
  readonly key?: string | (() => string)
  readonly fetch?: Fetch
  readonly deadlineMs?: number
  readonly attempts?: number
  readonly breaker?: { readonly failures?: number; readonly pauseMs?: number }
  readonly cache?: number
  readonly batch?: boolean
  readonly obligations?: readonly string[]
}

/** - `service`: instead of the client's. `fresh`: answer from no cache, here or there. `signal`: ends the waiting, with a deny. */
export interface AskOptions {
  readonly service?: string
  readonly fresh?: boolean
  readonly signal?: AbortSignal
}

/** Asks a decision point. */
export interface Client {
  /** Never throws and never hangs: whatever goes wrong is a deny that says so in `failure`, within the deadline. */
  authorize(ask: Ask, options?: AskOptions): Promise<Decision>
  /** Forgets every allow that is kept. */
  forget(): void
}

const now = (): Moment => ({ steady: performance.now(), wall: Date.now() })
const charactersPerEntry = 16_384

/** Makes a client. Throws a `TypeError` for options that cannot work or would not be safe. */
export function createClient(options: ClientOptions): Client {
  const { service: usual = '', key, deadlineMs = 1_000, attempts = 2, cache: entries = 1_000 } = options
  const { failures = 5, pauseMs = 1_000 } = options.breaker ?? {}
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const base = baseOf(options.url)
  const performs = new Set(options.obligations)
  const breaker = createCircuitBreaker({ failures, pauseMs, now: () => performance.now() })
  const kept = createDecisionCache(entries, entries * charactersPerEntry, now)

  /** Sends until there is an answer, or the attempts are used up. */
  async function send(ask: Ask, body: string, service: string, fresh: boolean, signal: AbortSignal): Promise<Decision> {
    const token = typeof key === 'function' ? key() : key
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(), // one for all attempts: a retry is no replay
      ...(token !== undefined && { authorization: `Bearer ${token.trim()}` }),
      ...(fresh && { 'cache-control': 'no-cache' }),
    }
    const url = service === '' ? `${base}/authorize` : `${base}/authorize/${encodeURIComponent(service)}`
    for (let left = attempts; left > 0 && !signal.aborted; left--) {
      const posted = await post(fetch, url, headers, body, signal).catch(() => undefined)
      if (posted) return judge(posted, ask)
    }
    if (!signal.aborted) breaker.failed()
    return failed('UNREACHABLE', ask)
  }

  function judge(posted: Posted, ask: Ask): Decision {
    const { status, retryAfter } = posted
    if (status >= 500) breaker.failed()
    else breaker.succeeded()
    const value = parse(posted.text)
    if (status !== 200) {
      const transient = status === 429 || status >= 500
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
      return failed('REFUSED', ask, { transient, headers, problem: problemOf(value) })
    }
    const reply = readReply(value, ask.checks?.length ?? 1)
    if (!reply) return failed('REPLY_MALFORMED', ask)
    return { ...withResults(reply, ask), local: false }
  }

  /** Asks, unless those before failed, until the deadline. */
  async function asked(ask: Ask, how: Asked, body: string): Promise<Decision> {
    if (!breaker.admits()) return failed('CIRCUIT_OPEN', ask)
    const outcome = await within(deadlineMs, how.signal, (ends) => send(ask, body, how.service, how.fresh, ends))
    if (outcome === 'late') breaker.failed()
    return outcome === 'late' || outcome === 'cancelled' ? failed('TIMEOUT', ask) : outcome
  }
  const batched = options.batch === true ? createBatching(asked) : asked

  /** An allow that asks for what nobody here performs is none. */
  function held(decision: Decision, ask: Ask): Decision {
    const asksFor = [decision, ...(decision.results ?? [])].flatMap(({ obligations }) => obligations)
    return asksFor.every(({ type }) => performs.has(type)) ? decision : failed('OBLIGATION_UNHANDLED', ask)
  }

  return {
    async authorize(ask, { service = usual, fresh = false, signal } = {}) {
      try {
        const key = { service, ask: JSON.stringify(ask) }
        const found = entries > 0 && !fresh ? kept.get(key) : undefined
        if (found) return found
        const from = now()
        const outcome = held(await batched(ask, { service, fresh, signal }, key.ask), ask)
        if (entries > 0 && !outcome.failure) kept.put(key, { ...outcome, local: true }, from)
        return outcome
      } catch {
        return failed('UNREACHABLE', ask)
      }
    },
    forget: kept.clear,
  }
}

/** What `run` answers, unless the time is over or the signal given before, whether or not `run` heeds its own. */
function within<T>(
  ms: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'late' | 'cancelled'> {
  const inner = new AbortController()
  return new Promise((resolve, reject) => {
    const end = (how: 'late' | 'cancelled') => {
      resolve(how)
      inner.abort()
    }
    const cancel = () => end('cancelled')
    const timer = setTimeout(end, ms, 'late')
    outer?.addEventListener('abort', cancel, { once: true })
    if (outer?.aborted === true) cancel()
    run(inner.signal)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
        outer?.removeEventListener('abort', cancel)
      })
  })
}

/** One of `checks` alone is answered as a whole; who asks with a list is given a list. */
function withResults(reply: Reply, { checks }: Ask): Reply {
  if (!checks || reply.results) return reply
  const { decision, code, reasons, obligations } = reply
  return { ...reply, results: [{ decision, code, reasons, obligations }] }
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The code of a problem (RFC 9457), where it is one of the decision point's. */
function problemOf(value: unknown): string | undefined {
  const code = typeof value === 'object' && value !== null && 'code' in value ? value.code : undefined
  return typeof code === 'string' && /^[A-Z_]{1,64}$/.test(code) ? code : undefined
}

function baseOf(url: string): string {
  const { protocol, hostname, username, search, hash, href } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') throw new TypeError('url must begin with https:// or http://')
  if (username !== '' || search !== '' || hash !== '')
    throw new TypeError('url must be an address alone: give the key as `key`')
  if (protocol === 'http:' && !isThisMachine(hostname)) {
    throw new TypeError(
      'http:// is for a decision point on this machine: evidence would pass unprotected, use https://',
    )
  }
  return href.replace(/\/+$/, '')
}

const isThisMachine = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
