import type { IncomingMessage, ServerResponse } from 'node:http'
import { clauses } from '../../core/clause.ts'
import { refuse } from '../../core/result.ts'
import type { PepConnection } from '../admit.ts'
import { createAnswering } from '../authorize/answer-ask.ts'
import { readAuthorizePath } from '../authorize/read-path.ts'
import { type Problem, problemOf } from '../problem.ts'
import type { DecisionsServerParts } from './create-server.ts'
import { createPepCertificateReader } from './pep-certificate.ts'
import { readBody } from './read-body.ts'
import { type RequestHead, readHead } from './read-head.ts'

export const handlerClauses = clauses({ inFlight: 'http-asks-in-flight', fault: 'http-handler-fault' })

/** Takes a request if it is for this route; answers whether it did. */
export type Handler = (message: IncomingMessage, response: ServerResponse) => boolean

const shedPauseMs = 100

/**
 * Handles `POST /authorize[/{service}]`. Cheap checks come first: how much is under way, the head, who asks; only then
 * is the body read, parsed and decided on.
 */
export function createHandler(parts: DecisionsServerParts): Handler {
  const { current, limits, concurrency, listener, now } = parts
  const { answer: answerAsk, refused } = createAnswering(parts)
  const certificateOf = createPepCertificateReader()

  async function answer(message: IncomingMessage, service: string | undefined, head: RequestHead): Promise<Problem> {
    const snapshot = current()
    const connection: PepConnection = {
      authorization: head.authorization,
      certificate: await certificateOf(message.socket, snapshot.verifyPepCertificate),
      socket: message.socket.remoteAddress === undefined ? listener : undefined,
      address: message.socket.remoteAddress,
    }
    const { askId, reuse, trace } = head
    const body = () => readBody(message, limits.bodyBytes)
    return answerAsk({ connection, service, askId, reuse, trace, body }, snapshot)
  }

  /** Answers after a pause: who asks again at once would otherwise spend on refusals what decisions need. */
  function shed(message: IncomingMessage, response: ServerResponse): void {
    const reply = refused(refuse('SHED', handlerClauses.inFlight, 'too many asks are under way: try again'))
    message.resume() // a body that came is out of the way by then, and the connection can be kept
    setTimeout(() => send(message, response, reply), shedPauseMs).unref()
  }

  return function handle(message, response) {
    const target = message.method === 'POST' ? readAuthorizePath(message.url ?? '') : undefined
    if (!target) return false
    const { service } = target
    const head = readHead(message)
    if (!head.ok) {
      send(message, response, refused(head))
      return true
    }
    const place = concurrency.enter()
    if (place === true) take(message, response, service, head.value)
    else if (place === false) shed(message, response)
    else {
      void place.then((taken) => {
        if (!taken) shed(message, response)
        else if (response.destroyed)
          concurrency.leave(0) // whoever asked has gone
        else take(message, response, service, head.value)
      })
    }
    return true
  }

  /** Answers a request that has a place. */
  function take(
    message: IncomingMessage,
    response: ServerResponse,
    service: string | undefined,
    head: RequestHead,
  ): void {
    const began = now()
    answer(message, service, head)
      .catch(() => problemOf(refuse('SHED', handlerClauses.fault, 'this request could not be handled')))
      .then((reply) => {
        concurrency.leave(now() - began)
        send(message, response, reply, head.requestId)
      })
      .catch(() => message.destroy())
  }
}

/** Writes a reply. Where the body was not read to its end, the connection ends with it. */
function send(
  message: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Problem,
  requestId?: string,
): void {
  const unread = !message.complete
  response.writeHead(status, {
    ...headers,
    'content-length': Buffer.byteLength(body),
    ...(requestId !== undefined && { 'x-request-id': requestId }),
    ...(unread && { connection: 'close' }),
  })
  response.end(body)
  if (unread) message.resume()
}
