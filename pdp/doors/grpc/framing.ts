import { clauses } from '../../core/clause.ts'
import { ok, type Result, refuse } from '../../core/result.ts'

export const framingClauses = clauses({
  size: 'grpc-message-size',
  compressed: 'grpc-message-compressed',
  one: 'grpc-one-message',
})

const prefixBytes = 5

/** The body of a unary call: a flag, a length of four bytes, and the message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export function readFramed(body: Buffer): Result<Buffer> {
  const bad = (clause: keyof typeof framingClauses, detail: string) =>
    refuse('REQUEST_MALFORMED', framingClauses[clause], detail)
  if (body.length < prefixBytes) return bad('one', 'a unary call has one message')
  if (body[0] !== 0) return bad('compressed', 'messages must not be compressed')
  if (body.readUInt32BE(1) !== body.length - prefixBytes) return bad('one', 'a unary call has one message, whole')
  return ok(body.subarray(prefixBytes))
}

/** A message with its prefix, uncompressed. */
export function framed(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(prefixBytes + message.length)
  out[0] = 0
  out.writeUInt32BE(message.length, 1)
  out.set(message, prefixBytes)
  return out
}
