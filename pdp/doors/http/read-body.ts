import { isAscii, isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { type Clause, clauses } from '../../core/clause.ts'
import { ok, type Refusal, type Result, refuse } from '../../core/result.ts'

export const bodyClauses = clauses({
  size: 'http-body-size',
  empty: 'http-body-present',
  encoding: 'http-body-utf8',
  mark: 'rfc8259-8.1-byte-order-mark',
  ended: 'http-body-complete',
})

/** Reads a body of at most `maximum` bytes as UTF-8 text. Stops at the first byte too many. Never rejects. */
export function readBody(message: IncomingMessage, maximum: number): Promise<Result<string>> {
  const announced = Number(message.headers['content-length'] ?? 0)
  if (announced > maximum) return Promise.resolve(tooLarge(maximum))
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const done = (result: Result<string>) => {
      message.off('data', take).off('end', end).off('close', cut).off('error', cut)
      message.on('error', () => undefined) // what comes after the answer is nobody's concern
      resolve(result)
    }
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size > maximum) done(tooLarge(maximum))
      else chunks.push(chunk)
    }
    const end = () => done(decode(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)))
    const cut = () => done(bad(bodyClauses.ended, 'body ended early'))
    message.on('data', take).on('end', end).on('close', cut).on('error', cut)
  })
}

/** The text of a body that is no stream, held to the same. */
export function textAsBody(text: string, maximum: number): Result<string> {
  if (!text.isWellFormed()) return bad(bodyClauses.encoding, 'body is not UTF-8')
  const bytes = Buffer.from(text)
  return bytes.length > maximum ? tooLarge(maximum) : decode(bytes)
}

function decode(bytes: Buffer): Result<string> {
  if (bytes.length === 0) return bad(bodyClauses.empty, 'a body is needed')
  if (isAscii(bytes)) return ok(bytes.toString('latin1'))
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return bad(bodyClauses.mark, 'body must not begin with a byte order mark')
  }
  return isUtf8(bytes) ? ok(bytes.toString('utf8')) : bad(bodyClauses.encoding, 'body is not UTF-8')
}

const bad = (clause: Clause, detail: string): Refusal => refuse('REQUEST_MALFORMED', clause, detail)

const tooLarge = (maximum: number): Refusal =>
  refuse('BODY_TOO_LARGE', bodyClauses.size, `body is larger than ${maximum} bytes`)
