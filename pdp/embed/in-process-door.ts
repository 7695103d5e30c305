import type { ProblemCode } from '../core/codes.ts'
import { readTraceContext } from '../core/trace-context.ts'
import { type AnsweringParts, createAnswering, type IncomingAsk } from '../doors/authorize/answer-ask.ts'
import { readAuthorizePath } from '../doors/authorize/read-path.ts'
import type { AuthorizeBody } from '../doors/authorize/read-request.ts'
import type { AuthorizeReply } from '../doors/authorize/reply-schema.ts'
import type { PepConnection } from '../doors/admit.ts'
import { textAsBody } from '../doors/http/read-body.ts'
import { readHead } from '../doors/http/read-head.ts'
import type { Problem } from '../doors/problem.ts'

/**
 * Refused before any decision (RFC 9457), as `POST /authorize` would with this `status`: the ask has no such form, or whoever
 * asks may not. Nobody is let through by it.
 */
export interface AskProblem {
  readonly decision?: undefined
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ProblemCode
  readonly detail: string
  readonly clause: string
}

/** What `POST /authorize` would have in its body. `decision: 'allow'` alone lets anything through. */
export type AuthorizeAnswer = AuthorizeReply | AskProblem

/**
 * - `service`: that is asked for; may be absent where whoever asks may ask for one alone.
 * - `askId`: says that an ask is the same one, tried again, so that what counts once counts for both; as `Idempotency-Key`.
 * - `fresh`: answer from no cache; as `Cache-Control: no-cache`.
 * - `traceparent`, `tracestate`: the trace that it belongs to, as those headers; one of another form names none.
 */
export interface AskOptions {
  readonly service?: string
  readonly askId?: string
  readonly fresh?: boolean
  readonly traceparent?: string
  readonly tracestate?: string
}

/** `fetch` as a client of the decision point uses it. It leads to the decision point in this process, whatever the origin. */
export type InProcessFetch = (url: string, init?: RequestInit) => Promise<Response>

/** The door of `POST /authorize`, for whoever is in the same process. `connection` says who asks. */
export interface InProcessDoor {
  /** Rejects for a body that is no JSON alone; everything else is an answer. */
  authorize(body: AuthorizeBody | string, options: AskOptions, connection: PepConnection): Promise<AuthorizeAnswer>
  fetchOver(connection: (authorization: string | undefined) => PepConnection): InProcessFetch
}

/** `bodyBytes`: of the configuration in use. `requestRefused`: told of refusals before a decision. */
export interface InProcessParts {
  readonly current: AnsweringParts['current']
  readonly demo: boolean
  readonly bodyBytes: () => number
  readonly requestRefused: (code: ProblemCode) => void
}

/** Makes the door. An ask passes the very code that one over HTTP does, from who asks to the text of the reply. */
export function createInProcessDoor({ current, demo, bodyBytes, requestRefused }: InProcessParts): InProcessDoor {
  const { answer, refused } = createAnswering({
    current,
    demo,
    now: () => performance.now(),
    events: { requestRefused, decided: () => undefined },
  })
  const ask = (text: string, asked: Omit<IncomingAsk, 'body'>): Promise<Problem> =>
    answer({ ...asked, body: () => textAsBody(text, bodyBytes()) })

  return {
    async authorize(body, { service, askId, fresh = false, traceparent, tracestate }, connection) {
      const text = typeof body === 'string' ? body : (JSON.stringify(body) as string | undefined)
      if (text === undefined) throw new TypeError('an ask is an object, or its JSON text')
      const reuse = fresh ? { read: false, store: true } : undefined
      const trace = readTraceContext('pep', listOf(traceparent), listOf(tracestate))
      const reply = await ask(text, { connection, service, askId, reuse, trace })
      return JSON.parse(reply.body) as AuthorizeAnswer // as the door wrote it
    },
    fetchOver:
      (connection) =>
      async (url, init = {}) => {
        const path = readAuthorizePath(new URL(url).pathname)
        const method = init.method ?? 'GET'
        if (!path || method !== 'POST') return new Response(null, { status: path ? 405 : 404 })
        if (typeof init.body !== 'string') throw new TypeError('the body of an ask is a text')
        const head = readHead({ rawHeaders: [...new Headers(init.headers)].flat() })
        if (!head.ok) return responseOf(refused(head))
        const { authorization, askId, reuse, trace } = head.value
        return responseOf(await ask(init.body, { connection: connection(authorization), askId, reuse, trace, ...path }))
      },
  }
}

const listOf = (text: string | undefined): readonly string[] => (text === undefined ? [] : [text])

const responseOf = ({ status, headers, body }: Problem): Response => new Response(body, { status, headers })
