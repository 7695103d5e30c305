import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'
import { errorCodes } from '../http2/frames.ts'
import type { ServerStream, StreamEvents } from '../http2/stream.ts'
import { answerEnd, answerHead, fail } from './answers.ts'
import { createGathered } from './gather.ts'
import { framed, framingClauses, readFramed } from './framing.ts'
import type { GrpcCall, StreamMethod, UnaryMethod } from './methods.ts'
import { type GrpcFault, grpcFault, grpcStatus } from './status.ts'

export const grpcClauses = clauses({ late: 'grpc-body-in-time' })

const prefixBytes = 5

/** Serves a call of a method with one request: gathers it, refuses what is too long or too late, and answers. */
export function answerOnce(
  stream: ServerStream,
  method: UnaryMethod | StreamMethod,
  call: GrpcCall,
  most: number,
): StreamEvents {
  const body = createGathered()
  let expected = 0 // 0 while the prefix has not come
  let over = false
  let onClose: (() => void) | undefined

  function take(body: Result<Buffer>): void {
    over = true
    const message = body.ok ? readFramed(body.value) : body
    if (message.ok) {
      if (method.kind === 'unary') answer(stream, method, message.value, call)
      else onClose = open(stream, method, message.value)
    } else if (method.kind === 'unary' && method.refuse) reply(stream, method.refuse(message, call))
    else fail(stream, grpcFault(grpcStatus.invalidArgument, message.detail))
  }

  return {
    data(part, last) {
      if (over) return
      if (last && body.bytes().length === 0 && part.length <= most) return take(ok(part)) // most calls are one frame
      body.add(part)
      const { length } = body.bytes()
      if (expected === 0 && length >= prefixBytes) {
        expected = prefixBytes + body.bytes().readUInt32BE(1)
        if (expected <= most) stream.expect(expected)
      }
      if (length > most || expected > most) {
        take(refuse('REQUEST_MALFORMED', framingClauses.size, `message longer than ${most} bytes`))
      }
    },
    end() {
      if (!over) take(ok(body.bytes()))
    },
    late() {
      if (over) return
      const late = refuse('REQUEST_MALFORMED', grpcClauses.late, 'the message did not come in time')
      if (method.kind === 'unary' && method.refuse) take(late)
      else stream.reset(errorCodes.cancel)
    },
    closed: () => onClose?.(),
  }
}

function answer(stream: ServerStream, method: UnaryMethod, message: Buffer, call: GrpcCall): void {
  const given = method.answer(message, call)
  if (given instanceof Promise) {
    given.then(
      (one) => conclude(stream, one),
      () => fail(stream, fault),
    )
  } else conclude(stream, given)
}

const fault = grpcFault(grpcStatus.internal, 'this call could not be handled')

const conclude = (stream: ServerStream, answer: Buffer | GrpcFault): void =>
  'code' in answer ? fail(stream, answer) : reply(stream, answer)

function reply(stream: ServerStream, message: Buffer): void {
  stream.respond(answerHead)
  stream.write(framed(message))
  stream.finish(answerEnd)
}

/** Answers what is to be done when the call ends. */
function open(stream: ServerStream, method: StreamMethod, message: Buffer): (() => void) | undefined {
  let begun = false
  const end = method.open(message, (answer) => {
    if (!begun) stream.respond(answerHead)
    begun = true
    stream.write(framed(answer))
  })
  if (typeof end === 'function') return end
  fail(stream, end)
  return undefined
}
