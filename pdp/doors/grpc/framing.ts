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

/** The first message of what came so far, and what is behind it; undefined while it is not whole. */
export function firstFramed(
  bytes: Buffer,
  most: number,
): Result<{ readonly message: Buffer; readonly rest: Buffer }> | undefined {
  if (bytes.length < prefixBytes) return undefined
  const end = prefixBytes + bytes.readUInt32BE(1)
  if (end > most) return refuse('REQUEST_MALFORMED', framingClauses.size, `message longer than ${most} bytes`)
  if (bytes.length < end) return undefined
  const framed = readFramed(bytes.subarray(0, end))
  return framed.ok ? ok({ message: framed.value, rest: bytes.subarray(end) }) : framed
}

/** A message with its prefix, uncompressed. */
export function framed(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(prefixBytes + message.length)
  out[0] = 0
  out.writeUInt32BE(message.length, 1)
  out.set(message, prefixBytes)
  return out
}
