import type { Duplex } from 'node:stream'
import { clauses } from '../../core/clause.ts'
import type { ProblemCode } from '../../core/codes.ts'
import { problemOf } from '../problem.ts'

export const clientErrorClauses = clauses({
  syntax: 'rfc9112-2.2-message-parsing',
  head: 'http-head-size',
  timeout: 'http-request-timeout',
})

interface Fault {
  readonly code: ProblemCode
  readonly clause: (typeof clientErrorClauses)[keyof typeof clientErrorClauses]
  readonly detail: string
}

const faults: Readonly<Record<string, Fault>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'REQUEST_TIMEOUT',
    clause: clientErrorClauses.timeout,
    detail: 'request was not complete in time',
  },
  HPE_HEADER_OVERFLOW: {
    code: 'REQUEST_MALFORMED',
    clause: clientErrorClauses.head,
    detail: 'request head is too large',
  },
}

const unparsed: Fault = {
  code: 'REQUEST_MALFORMED',
  clause: clientErrorClauses.syntax,
  detail: 'not an HTTP/1.1 request',
}

/** Answers what Node's parser refused, and closes: nothing after it on this connection can be trusted. */
export function answerClientError(events: { requestRefused(code: ProblemCode): void }) {
  return (error: Error & { readonly code?: string }, socket: Duplex): void => {
    const fault = (error.code !== undefined && faults[error.code]) || unparsed
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy()
      return
    }
    events.requestRefused(fault.code)
    const { status, headers, body } = problemOf(fault)
    const lines = [
      `HTTP/1.1 ${status} Refused`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ]
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
  }
}
